"""Points that a partner's customers earn are booked with the partner, from loyalty's own topic; others are not."""

from datetime import datetime
from decimal import Decimal

import pytest
from msgspec import structs

from services.loyalty.contracts.published import PUBLISHED
from services.loyalty.domain.ledger.events import Event
from services.loyalty.domain.partners.decider import PARTNER
from services.loyalty.domain.partners.partner import Partner
from services.loyalty.policies.partner_points import PARTNER_POINTS
from shared.errors import Rejected
from shared.policies.work import WorkingSet
from shared.store.contract import Append, Context, Recorded
from shared.store.memory import InMemoryEventStore
from tests.loyalty.cohorts import recorded
from tests.loyalty.histories import fact
from tests.loyalty.loyalty_facts import ANNA, day, earned, reversed_
from tests.loyalty.partner_facts import AFTER, BEFORE, HOTEL, agree

STREAM = PARTNER.stream(HOTEL)
EARNED = structs.replace(earned("o1", "100", 100, 100, on=1), partner=HOTEL)
BACK = structs.replace(reversed_(40, "100", "60", {"shop:o1": 30}, 10, 0), partner=HOTEL)


@pytest.fixture
async def store() -> InMemoryEventStore:
    store = InMemoryEventStore(PUBLISHED, lambda: day(60))
    (agreed,) = PARTNER.decide(agree(AFTER), Partner())
    await store.append(Append(STREAM, 0, STREAM, [agreed], Context(day(0), day(0))))
    return store


def told(event: Event, version: int, at: datetime) -> Recorded:
    return recorded(fact(event, version, at, at), version)


async def follow(store: InMemoryEventStore, *events: Recorded) -> None:
    work = WorkingSet(store, day(30))
    for event in events:
        await work.load(PARTNER_POINTS.needs(event))
        PARTNER_POINTS.react(work, event)
    await work.commit()


async def test_what_customers_earn_and_give_back_is_booked_when_it_happened(store: InMemoryEventStore) -> None:
    await follow(store, told(EARNED, 1, day(1)), told(BACK, 2, day(3)))
    _, accrual, reversal = await store.read(STREAM)
    assert (accrual.event.amount, accrual.event.points, accrual.occurred_at) == (Decimal("1.50"), 100, day(1))
    assert (reversal.event.amount, reversal.event.points) == (Decimal("-0.60"), -40)
    assert reversal.event.reverses == accrual.event.entry_id == f"loyalty:{ANNA}/shop:o1"


async def test_an_event_that_comes_again_books_nothing(store: InMemoryEventStore) -> None:
    for _ in range(2):
        await follow(store, told(EARNED, 1, day(1)), told(BACK, 2, day(3)))
    assert len(await store.read(STREAM)) == 3


async def test_points_of_no_partner_are_booked_nowhere(store: InMemoryEventStore) -> None:
    own = told(earned("o1", "100", 100, 100), 1, day(1))
    assert PARTNER_POINTS.needs(own) == ()
    assert PARTNER_POINTS.key(own) == own.subject
    await follow(store, own, told(structs.replace(BACK, points=0), 2, day(2)))
    assert len(await store.read(STREAM)) == 1


async def test_what_cant_be_booked_waits_under_its_partner(store: InMemoryEventStore) -> None:
    unknown = told(structs.replace(EARNED, partner="airline"), 1, day(1))
    assert PARTNER_POINTS.key(unknown) == "airline"
    with pytest.raises(Rejected):
        await follow(store, unknown)
    (prepaid,) = PARTNER.decide(agree(BEFORE), PARTNER.fold([item.event for item in await store.read(STREAM)]))
    await store.append(Append(STREAM, 1, STREAM, [prepaid], Context(day(0), day(0))))
    with pytest.raises(Rejected):
        await follow(store, told(EARNED, 1, day(1)))
