"""Contact: who the customer is, and every touchpoint with them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from services.contact import api
from services.contact.contracts.merges import MERGES
from services.contact.contracts.published import PUBLISHED
from services.contact.contracts.touchpoint import Touchpoint
from services.contact.policies.touchpoints import TOPIC, touchpoints
from services.contact.settings import ContactSettings
from services.contact.views.customers import CUSTOMERS
from services.contact.views.timeline import TIMELINE
from shared.policies.policy import Policy
from shared.service import Service
from shared.settings import KernelSettings


def policies(settings: KernelSettings) -> Sequence[Policy[Any]]:
    """Return contact's policies."""
    return (touchpoints(settings).policy(),)


SERVICE = Service(
    name="contact",
    title="Contact",
    summary="Who the customer is, and every touchpoint with them.",
    settings=ContactSettings,
    publishes=PUBLISHED,
    folder=Path(__file__).parent,
    views=(CUSTOMERS, TIMELINE),
    views_version=2,
    merges=MERGES,
    policies=policies,
    external_topics={TOPIC: Touchpoint},
    routes=(api.touchpoints.router, api.customers.router, api.merges.router, api.feed.router),
)
