"""Purchases from contact earn on the terms of the settings, at the time of the purchase."""

from datetime import datetime
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

import pytest

from services.loyalty.contracts.contact import PurchaseRecorded, PurchaseRefunded
from services.loyalty.contracts.published import PUBLISHED
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.programme.commands import Publish
from services.loyalty.domain.programme.decider import PROGRAMME
from services.loyalty.domain.programme.document import Document
from services.loyalty.domain.programme.points_currency import PointsCurrency
from services.loyalty.domain.programme.terms import Terms
from services.loyalty.domain.tiers.decider import ENROLMENT
from services.loyalty.domain.tiers.table import Tier, TierTable
from services.loyalty.policies.purchases import purchases
from services.loyalty.settings import LoyaltySettings, TermsSettings
from shared.policies.work import WorkingSet
from shared.settings import SettingsInvalid, read
from shared.store.contract import Context, Recorded
from shared.store.memory import InMemoryEventStore
from tests.loyalty.loyalty_facts import ANNA, BERT, day

BOUGHT = PurchaseRecorded(ANNA, "shop", "o1", Decimal("30.50"), "EUR")
RETURNED = PurchaseRefunded(ANNA, "shop", "o1", "r1", Decimal("30.50"))


def told(event: Any, at: datetime, who: UUID = ANNA) -> Recorded:
    nothing = cast("Any", None)
    return Recorded("contact", "purchase-shop-o1", 1, 1, 0, str(who), "x", 1, event, nothing, at, at, {})


@pytest.fixture
def store() -> InMemoryEventStore:
    return InMemoryEventStore(PUBLISHED, lambda: day(60))


async def follow(
    store: InMemoryEventStore, now: datetime, *events: Recorded, terms: Terms | None = None, programme: str = ""
) -> None:
    policy = purchases(terms or Terms(), programme=programme)
    work = WorkingSet(store, now)
    for event in events:
        await work.load(policy.needs(event))
        policy.react(work, event)
    await work.commit()


async def test_a_purchase_earns_when_it_was_made_and_waits_and_lapses_by_the_terms(store: InMemoryEventStore) -> None:
    await follow(store, day(3), told(BOUGHT, day(1)), terms=Terms(14, 1))
    _, earned = await store.read(ACCOUNT.stream(ANNA))
    assert (earned.occurred_at, earned.recorded_at) == (day(1), day(3))
    assert (earned.event.activates_at, earned.event.expires_at) == (day(15), day(15 + 31))
    assert await store.wakes_at(ACCOUNT.stream(ANNA)) == day(15)


async def test_purchases_and_returns_in_any_order_and_repeated_end_with_nothing(store: InMemoryEventStore) -> None:
    returned, bought = told(RETURNED, day(5)), told(BOUGHT, day(1))
    await follow(store, day(6), returned, bought, returned, bought)
    history = await store.read(ACCOUNT.stream(ANNA))
    account = ACCOUNT.fold(item.event for item in history)
    assert (account.balance(day(6)), account.owed()) == (0, 0)
    assert [(item.type, item.occurred_at) for item in history] == [
        ("refund-awaited", day(5)),
        ("member-enrolled", day(1)),
        ("points-earned", day(1)),
        ("points-reversed", day(5)),
    ]


async def club(store: InMemoryEventStore) -> None:
    """Publish a programme whose silver takes thirty points."""
    work = WorkingSet(store, day(0))
    stream = PROGRAMME.stream("club")
    work.begin(stream)
    tiers = TierTable((Tier("member", 0), Tier("silver", 30)))
    command = Publish(Document("club", "Club", (PointsCurrency("points"),), tiers=tiers), day(-9), day(0))
    work.handle(PROGRAMME, stream, command, subject=stream, context=Context(day(0), day(0)))
    await work.commit()


async def test_a_tier_is_booked_with_the_purchase_that_reaches_it_and_with_the_return_that_undoes_it(
    store: InMemoryEventStore,
) -> None:
    await club(store)
    await follow(store, day(6), told(BOUGHT, day(1)), told(RETURNED, day(5)), programme="club")
    history = await store.read(ENROLMENT.stream(ANNA))
    assert [(item.event.after, item.event.reason, item.occurred_at) for item in history] == [
        ("silver", "reached", day(1)),
        ("member", "reversed", day(5)),
    ]


async def test_a_tier_changes_when_it_was_reached_though_a_late_purchase_showed_it(store: InMemoryEventStore) -> None:
    await club(store)
    late = PurchaseRecorded(ANNA, "shop", "o2", Decimal(10), "EUR")
    small = PurchaseRecorded(ANNA, "shop", "o3", Decimal(20), "EUR")
    await follow(store, day(6), told(small, day(5)), told(late, day(1)), programme="club")
    (changed,) = await store.read(ENROLMENT.stream(ANNA))
    assert (changed.event.after, changed.occurred_at) == ("silver", day(5))


async def test_a_purchase_stays_with_whoever_bought(store: InMemoryEventStore) -> None:
    await follow(
        store, day(1), told(BOUGHT, day(1)), told(PurchaseRecorded(BERT, "shop", "o2", Decimal(5), "EUR"), day(1), BERT)
    )
    assert [len(await store.read(ACCOUNT.stream(who))) for who in (ANNA, BERT)] == [2, 2]


def test_terms_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(TermsSettings).terms == Terms()
    monkeypatch.setenv("LOYALTY_POINTS_PENDING_DAYS", "14")
    monkeypatch.setenv("LOYALTY_POINTS_VALID_MONTHS", "12")
    monkeypatch.setenv("LOYALTY_POINTS_TO_MONTH_END", "true")
    monkeypatch.setenv("LOYALTY_ZONE", "Europe/Berlin")
    monkeypatch.setenv("LOYALTY_DATABASE_URL", "postgresql://unused")
    assert read(TermsSettings).terms == read(LoyaltySettings).terms == Terms(14, 12, True, "Europe/Berlin")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("POINTS_PENDING_DAYS", "-1"),
        ("POINTS_PENDING_DAYS", "soon"),
        ("POINTS_VALID_MONTHS", "0"),
        ("POINTS_VALID_MONTHS", "99999"),
        ("ZONE", "Mars/Olympus"),
        ("ZONE", "../../etc/passwd"),
        ("ZONE", ""),
    ],
)
def test_terms_that_make_no_sense_are_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"LOYALTY_{name}", value)
    with pytest.raises(SettingsInvalid, match=f"LOYALTY_{name}"):
        read(TermsSettings)
