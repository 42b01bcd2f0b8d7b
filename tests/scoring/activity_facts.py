"""Purchases of one customer as contact tells them, and the policy that takes them, for the tests of activity."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import asyncpg

from services.scoring.contracts.contact import PurchaseRecorded
from services.scoring.policies.purchases import PURCHASES
from services.scoring.views.activity import ACTIVITY_VIEW
from services.scoring.views.evidence import EVIDENCE
from shared.policies.work import WorkingSet
from shared.store.contract import EventStore, Recorded
from shared.store.postgres import PostgresEventStore
from tests.scoring.following import follow

ANNA, BEN = UUID(int=9), UUID(int=10)
START = datetime(1997, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def purchase(day: float, customer: UUID = ANNA, *, late: float = 0) -> Recorded:
    """Return a purchase `day` days after START, told `late` days later."""
    at = START + day * DAY
    event = PurchaseRecorded(customer, Decimal("9.00"), "USD")
    stream = f"purchase-shop-{customer.int}-{day}"
    return Recorded(
        "contact", stream, 1, 1, 0, str(customer), "purchase-recorded", 1, event, b"", at, at + late * DAY,
        {"correlation": "c"},
    )  # fmt: skip


async def notice(store: EventStore, facts: Sequence[Recorded], now: datetime) -> None:
    """Let the policy take the purchases at `now`."""
    work = WorkingSet(store, now)
    for fact in facts:
        await work.load(PURCHASES.needs(fact))
        with work.whole():
            PURCHASES.react(work, fact)
    await work.commit()


async def tell(pool: asyncpg.Pool, store: PostgresEventStore, facts: Sequence[Recorded]) -> None:
    """Let the policy take each purchase when it was told, and the views follow."""
    for fact in sorted(facts, key=lambda fact: fact.recorded_at):
        await notice(store, [fact], fact.recorded_at)
    for view in (ACTIVITY_VIEW, EVIDENCE):
        await follow(pool, view, facts)
