"""Contact: who the customer is, and every touchpoint with them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from asyncpg import Pool

from services.contact import api
from services.contact.adapters.erasing import Erasing
from services.contact.contracts.merges import MERGES
from services.contact.contracts.published import PUBLISHED
from services.contact.contracts.touchpoint import Touchpoint
from services.contact.policies.touchpoints import NAME as TOUCHPOINTS
from services.contact.policies.touchpoints import TOPIC, touchpoints
from services.contact.settings import ContactSettings
from services.contact.views.customers import CUSTOMERS
from services.contact.views.timeline import TIMELINE
from shared.clock import Clock
from shared.policies.policy import Policy
from shared.service import Part, Service, Surroundings
from shared.settings import KernelSettings
from shared.store.postgres import PostgresEventStore


def policies(settings: KernelSettings) -> Sequence[Policy[Any]]:
    """Return contact's policies."""
    return (touchpoints(settings).policy(),)


def parts(at: Surroundings) -> Mapping[str, Part]:
    """Return the part of the worker that carries out erasures."""
    return {"erasing": erasing(at.kernel, at.pool, at.store, at.clock).run}


def erasing(settings: KernelSettings, pool: Pool, store: PostgresEventStore, clock: Clock) -> Erasing:
    """Return what carries erasures out, which a command may do as well as a worker."""
    return Erasing(pool, store, settings.kafka_bootstrap_servers, {TOPIC: TOUCHPOINTS}, clock)


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
    routes=(
        api.touchpoints.router,
        api.customers.router,
        api.preferences.router,
        api.merges.router,
        api.feed.router,
        api.erasure.router,
        api.export.router,
    ),
    parts=parts,
)
