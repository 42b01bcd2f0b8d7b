"""Purchases from contact book the tier that they reach, in the same transaction."""

from decimal import Decimal

import pytest

from services.loyalty.contracts.contact import PurchaseRecorded
from services.loyalty.contracts.published import PUBLISHED
from services.loyalty.domain.programme.commands import Publish
from services.loyalty.domain.programme.decider import PROGRAMME
from services.loyalty.domain.programme.document import Document
from services.loyalty.domain.rules.language import RuleSet
from services.loyalty.domain.tiers.decider import ENROLMENT
from services.loyalty.domain.tiers.table import Tier, TierTable
from services.loyalty.policies.judging import Promised
from services.loyalty.policies.purchases import purchases
from shared.policies.work import WorkingSet
from shared.store.contract import Context, Recorded
from shared.store.memory import InMemoryEventStore
from tests.loyalty.loyalty_facts import ANNA, day
from tests.loyalty.programmes import BASE, POINTS
from tests.loyalty.test_purchases_policy import BOUGHT, RETURNED, told


@pytest.fixture
def store() -> InMemoryEventStore:
    return InMemoryEventStore(PUBLISHED, lambda: day(60))


async def follow(store: InMemoryEventStore, *events: Recorded) -> None:
    policy = purchases(Promised(programme="club"))
    work = WorkingSet(store, day(6))
    for event in events:
        await work.load(policy.needs(event))
        await work.decide(policy.react, work, event)
    await work.commit()


async def club(store: InMemoryEventStore) -> None:
    """Publish a programme whose silver takes thirty points."""
    work = WorkingSet(store, day(0))
    stream = PROGRAMME.stream("club")
    work.begin(stream)
    tiers = TierTable((Tier("member", 0), Tier("silver", 30)))
    command = Publish(Document("club", "Club", (POINTS,), earning=RuleSet((BASE,)), tiers=tiers), day(-9), day(0))
    work.handle(PROGRAMME, stream, command, subject=stream, context=Context(day(0), day(0)))
    await work.commit()


async def test_a_tier_is_booked_with_the_purchase_that_reaches_it_and_with_the_return_that_undoes_it(
    store: InMemoryEventStore,
) -> None:
    await club(store)
    await follow(store, told(BOUGHT, day(1)), told(RETURNED, day(5)))
    history = await store.read(ENROLMENT.stream(ANNA))
    assert [(item.event.after, item.event.reason, item.occurred_at) for item in history] == [
        ("silver", "reached", day(1)),
        ("member", "reversed", day(5)),
    ]


async def test_a_tier_changes_when_it_was_reached_though_a_late_purchase_showed_it(store: InMemoryEventStore) -> None:
    await club(store)
    late = PurchaseRecorded(ANNA, "shop", "o2", Decimal(10), "EUR")
    small = PurchaseRecorded(ANNA, "shop", "o3", Decimal(20), "EUR")
    await follow(store, told(small, day(5)), told(late, day(1)))
    (changed,) = await store.read(ENROLMENT.stream(ANNA))
    assert (changed.event.after, changed.occurred_at) == ("silver", day(5))
