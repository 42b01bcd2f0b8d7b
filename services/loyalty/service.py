"""Loyalty: a ledger that can prove every point."""

from pathlib import Path

from services.loyalty import api
from services.loyalty.contracts.merges import MERGES
from services.loyalty.contracts.published import PUBLISHED
from services.loyalty.policies.purchases import PURCHASES
from services.loyalty.settings import LoyaltySettings
from services.loyalty.views.members import MEMBERS
from shared.service import Service

SERVICE = Service(
    name="loyalty",
    title="Loyalty",
    summary="A ledger that can prove every point.",
    settings=LoyaltySettings,
    publishes=PUBLISHED,
    folder=Path(__file__).parent,
    views=(MEMBERS,),
    views_version=2,
    merges=MERGES,
    policies=lambda _: (PURCHASES,),
    routes=(api.members.router, api.account.router, api.movements.router),
)
