"""Purchases from contact earn on the terms of the settings, at the time of the purchase."""

from datetime import datetime
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

import pytest
from msgspec import structs

from services.loyalty.contracts.contact import PurchaseLine, PurchaseRecorded, PurchaseRefunded
from services.loyalty.contracts.published import PUBLISHED
from services.loyalty.domain.earning.budget import BUDGET
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.programme.commands import Publish
from services.loyalty.domain.programme.decider import PROGRAMME
from services.loyalty.domain.programme.terms import Terms
from services.loyalty.domain.rules.amounts import Fixed, PerAmount
from services.loyalty.domain.rules.counted import Counted, Lines
from services.loyalty.domain.rules.language import Add, Base, Limit, Rule
from services.loyalty.policies.judging import PLAIN, Promised
from services.loyalty.policies.purchases import purchases
from services.loyalty.settings import LoyaltySettings, TermsSettings
from shared.policies.work import WorkingSet
from shared.settings import SettingsInvalid, read
from shared.store.contract import Context, Recorded
from shared.store.memory import InMemoryEventStore
from tests.loyalty.loyalty_facts import ANNA, BERT, day
from tests.loyalty.programmes import earning

BOUGHT = PurchaseRecorded(ANNA, "shop", "o1", Decimal("30.50"), "EUR")
RETURNED = PurchaseRefunded(ANNA, "shop", "o1", "r1", Decimal("30.50"))


def told(event: Any, at: datetime, who: UUID = ANNA) -> Recorded:
    nothing = cast("Any", None)
    return Recorded("contact", "purchase-shop-o1", 1, 1, 0, str(who), "x", 1, event, nothing, at, at, {})


@pytest.fixture
def store() -> InMemoryEventStore:
    return InMemoryEventStore(PUBLISHED, lambda: day(60))


async def follow(store: InMemoryEventStore, now: datetime, *events: Recorded, terms: Terms | None = None) -> None:
    policy = purchases(Promised(structs.replace(PLAIN, terms={"points": terms or Terms()})))
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


async def published(store: InMemoryEventStore, *rules_: Rule) -> None:
    """The programme `shop`, which counts from two days before the first purchase."""
    document = earning(*rules_)
    work = WorkingSet(store, day(-2))
    await work.load([PROGRAMME.stream("shop")])
    publication, context = Publish(document, day(-2), day(-2)), Context(day(-2), day(-2))
    work.handle(PROGRAMME, PROGRAMME.stream("shop"), publication, subject="programme-shop", context=context)
    await work.commit()


async def follow_shop(store: InMemoryEventStore, *events: Recorded) -> dict[UUID, int]:
    """Follow the events by the published programme; return the balances."""
    policy, work = purchases(Promised(programme="shop")), WorkingSet(store, day(60))
    for event in events:
        await work.load(policy.needs(event))
        await work.decide(policy.react, work, event)
    await work.commit()
    told_of = {UUID(event.subject) for event in events}
    accounts = {who: await store.read(ACCOUNT.stream(who)) for who in told_of}
    return {who: ACCOUNT.fold(item.event for item in log).balance(day(60)) for who, log in accounts.items()}


FIFTY = Add(Fixed(50))
GARDEN = Rule(
    id="garden",
    on=("purchase",),
    effects=(Base(PerAmount(3, counted=Counted(lines=Lines(categories=("garden",))))),),
)


async def test_a_purchase_earns_by_the_lines_that_contact_tells(store: InMemoryEventStore) -> None:
    await published(store, GARDEN)
    lines = (PurchaseLine("spade", Decimal(20), "garden/tools", 2), PurchaseLine("novel", Decimal(10)))
    bought = structs.replace(BOUGHT, lines=lines, paid_with_points=Decimal("0.50"))
    assert await follow_shop(store, told(bought, day(1))) == {ANNA: 3 * 19}
    assert await follow_shop(store, told(bought, day(1)), told(RETURNED, day(2))) == {ANNA: 0}


async def test_before_the_first_version_and_without_a_programme_it_is_the_plain_rule(
    store: InMemoryEventStore,
) -> None:
    await published(store, GARDEN)
    assert await follow_shop(store, told(BOUGHT, day(-3))) == {ANNA: 30}
    await follow(store, day(60), told(structs.replace(BOUGHT, order_id="o2"), day(1)))
    assert await follow_shop(store, told(RETURNED, day(3))) == {ANNA: 30}


async def test_members_share_a_budget_and_what_is_left_goes_to_the_next(store: InMemoryEventStore) -> None:
    caps, budgets = (Limit(60, "year"),), (Limit(80, "year"),)
    await published(store, Rule(id="spring", on=("purchase",), effects=(FIFTY,), caps=caps, budgets=budgets))
    other = PurchaseRecorded(BERT, "shop", "o2", Decimal(5), "EUR")
    third = PurchaseRecorded(BERT, "shop", "o3", Decimal(5), "EUR")
    assert await follow_shop(store, told(BOUGHT, day(1)), told(other, day(2), BERT), told(BOUGHT, day(1))) == {
        ANNA: 50,
        BERT: 30,
    }
    assert await follow_shop(store, told(third, day(3), BERT)) == {BERT: 30}
    budget = BUDGET.fold(item.event for item in await store.read(BUDGET.stream("shop")))
    assert budget.used == {"all:spring:points:year:2026-01-01": 80}
