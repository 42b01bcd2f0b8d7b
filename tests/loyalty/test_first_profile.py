"""What is first learned of a member while they buy: whichever is stored first, both end as if told one by one."""

import asyncio
from decimal import Decimal

import asyncpg
import pytest

from services.loyalty.contracts.contact import PurchaseRecorded
from services.loyalty.contracts.published import PUBLISHED
from services.loyalty.contracts.scoring import CustomerScored
from services.loyalty.domain.rules.amounts import Fixed, PerAmount
from services.loyalty.domain.rules.conditions import InSegment
from services.loyalty.domain.rules.language import Add, Base
from shared.errors import Conflict
from shared.policies.work import WorkingSet
from shared.store.contract import EventStore, Recorded
from shared.store.postgres import PostgresEventStore
from tests.loyalty.loyalty_facts import ANNA, day
from tests.loyalty.programmes import earning
from tests.loyalty.rule_sets import rule
from tests.loyalty.telling import account, follow, policies, publish, told

GOLDEN = rule("golden", Add(Fixed(5)), when=InSegment(("value-gold",)))
EVENTS = {
    "purchase": told("contact", PurchaseRecorded(ANNA, "shop", "o1", Decimal(10), "EUR"), day(2)),
    "class": told("scoring", CustomerScored(ANNA, "gold"), day(1)),
}


async def decided(store: EventStore, event: Recorded) -> WorkingSet:
    """Return what a process that was just started makes of the event, before it is stored."""
    policy, work = policies()[event.service], WorkingSet(store, day(60))
    await work.load(policy.needs(event))
    await work.decide(policy.react, work, event)
    return work


@pytest.mark.parametrize("order", [("purchase", "class"), ("class", "purchase")])
@pytest.mark.parametrize("known", [True, False])
async def test_a_class_and_a_purchase_at_once_end_as_if_one_had_waited_for_the_other(
    pool: asyncpg.Pool,
    order: tuple[str, str],
    known: bool,  # noqa: FBT001 - given by name
) -> None:
    store = PostgresEventStore(pool, PUBLISHED, lambda: day(60))
    await publish(store, earning(rule("base", Base(PerAmount(1))), GOLDEN), day(-9))
    if known:
        before = PurchaseRecorded(ANNA, "shop", "o0", Decimal(1), "EUR")
        await follow(store, told("contact", before, day(0)))
    first, second = (EVENTS[name] for name in order)
    async with pool.acquire() as one, pool.acquire() as other, other.transaction():
        transaction = one.transaction()
        await transaction.start()
        ahead, behind = await decided(store.on(one), first), await decided(store.on(other), second)
        await ahead.commit()
        waiting = asyncio.create_task(behind.commit())
        await transaction.commit()
        with pytest.raises(Conflict):
            await waiting
    await (await decided(store, second)).commit()
    assert (await account(store)).balance(day(90)) == 10 + 5 + known
