"""Loyalty: a ledger that can prove every point."""

from pathlib import Path

from services.loyalty import api
from services.loyalty.contracts.merges import MERGES
from services.loyalty.contracts.published import PUBLISHED
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.programme.decider import PROGRAMME
from services.loyalty.domain.redeeming.standing import REDEMPTION
from services.loyalty.domain.rewards.decider import REWARD
from services.loyalty.policies.purchases import Promised, purchases
from services.loyalty.settings import LoyaltySettings, TermsSettings
from services.loyalty.views.members import MEMBERS
from services.loyalty.views.programmes import PROGRAMMES
from services.loyalty.views.redemptions import REDEMPTIONS
from services.loyalty.views.rewards import REWARDS
from shared.service import Service
from shared.settings import read


def _promised() -> Promised:
    settings = read(TermsSettings)
    return Promised(settings.terms, settings.declared, settings.debt)


SERVICE = Service(
    name="loyalty",
    title="Loyalty",
    summary="A ledger that can prove every point.",
    settings=LoyaltySettings,
    publishes=PUBLISHED,
    folder=Path(__file__).parent,
    views=(MEMBERS, PROGRAMMES, REWARDS, REDEMPTIONS),
    views_version=2,
    merges=MERGES,
    deciders=(ACCOUNT, PROGRAMME, REWARD, REDEMPTION),
    policies=lambda _: (purchases(_promised()),),
    routes=(
        api.members.router,
        api.account.router,
        api.why.router,
        api.movements.router,
        api.holds.router,
        api.pending.router,
        api.transfers.router,
        api.adjustments.router,
        api.standing.router,
        api.programmes.router,
        api.rewards.router,
        api.reward_stock.router,
        api.redemptions.router,
        api.codes.router,
    ),
)
