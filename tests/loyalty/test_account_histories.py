"""What holds over any history of an account: nothing is lost, nothing negative, nothing counts twice."""

from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.booking import wakes
from services.loyalty.domain.ledger.commands import (
    Book,
    Command,
    Earn,
    Freeze,
    ResumeExpiry,
    ReverseEarning,
    SuspendExpiry,
    Unfreeze,
)
from services.loyalty.domain.ledger.currencies import POINTS
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.events import (
    Event,
    HoldCaptured,
    HoldReleased,
    PointsEarned,
    PointsGiven,
    PointsHeld,
    PointsReversed,
    PointsSpent,
    SpendReversed,
)
from services.loyalty.domain.ledger.journal import journal
from services.loyalty.domain.programme.terms import Terms
from shared.errors import Rejected
from tests.loyalty.conservation import parts_of
from tests.loyalty.histories import CENTS, MILES, ORDERS, STEPS, TERMS, Step, command_of, log_of
from tests.loyalty.loyalty_facts import ANNA, NOW, day

CURRENCIES = (POINTS, MILES)
LATER = st.integers(-50, 400).map(day)


def check(account: Account, now: datetime) -> None:
    for lot in account.lots.values():
        parts = parts_of(lot, now)
        assert sum(parts) == lot.points
        assert min(parts) >= 0
        assert lot.net >= 0
    for currency in CURRENCIES:
        assert account.balance(now, currency) >= 0
        assert account.owed(currency) >= 0
        assert account.owed(currency) == 0 or account.pending(now, currency) == 0


@settings(max_examples=150, deadline=None)
@for_all(STEPS, LATER)
def test_lots_are_conserved_journals_balance_and_nothing_is_negative(steps: list[Step], now: datetime) -> None:
    account = Account()
    for fact in log_of(steps):
        account = ACCOUNT.evolve(account, fact.event)
        check(account, fact.recorded_at)
        check(account, max(now, fact.recorded_at))
        assert sum(journal(fact.event).values()) == 0
        check_allocations(fact.event)


def check_allocations(event: Event) -> None:
    """What an event takes is what it says it takes from which lots, and what of it is gone."""
    match event:
        case PointsSpent() | PointsHeld() | HoldCaptured() | PointsGiven() | SpendReversed():
            assert sum(event.allocations.values()) == event.points
        case HoldReleased():
            assert sum(event.released.values()) == event.points
        case PointsReversed():
            gone = event.debt + event.waived + event.cancelled
            assert sum(event.allocations.values()) + gone == event.points
        case _:
            pass


@settings(max_examples=150, deadline=None)
@for_all(STEPS, st.randoms(use_true_random=False))
def test_whatever_happened_a_full_return_takes_back_exactly_what_its_order_earned(
    steps: list[Step], random: Random
) -> None:
    log = log_of(steps)
    account, now = ACCOUNT.fold(fact.event for fact in log), log[-1].recorded_at if log else NOW
    events = [fact.event for fact in log]
    orders = [lot for lot in account.lots.values() if lot.lot_id.startswith("shop:") and not lot.origin]
    random.shuffle(orders)
    for lot in orders:
        order = lot.lot_id.removeprefix("shop:")
        command = ReverseEarning(ANNA, "shop", order, f"all-{order}", lot.net, now)
        events += ACCOUNT.decide(command, ACCOUNT.fold(events))
    for lot in orders:
        own = [event for event in events if getattr(event, "lot_id", None) == lot.lot_id]
        earned = sum(event.points for event in own if isinstance(event, PointsEarned))
        assert earned == sum(event.points for event in own if isinstance(event, PointsReversed))
    check(ACCOUNT.fold(events), now)


def booked(history: list[Event], now: datetime) -> list[Event]:
    while events := ACCOUNT.decide(Book(now), ACCOUNT.fold(history)):
        history = [*history, *events]
    return history


@settings(max_examples=150, deadline=None)
@for_all(STEPS, st.integers(100, 400).map(day))
def test_once_all_is_booked_the_journals_are_the_account(steps: list[Step], now: datetime) -> None:
    log = log_of(steps)
    now = max([now, *(fact.recorded_at for fact in log)])
    history = booked([fact.event for fact in log], now)
    account = ACCOUNT.fold(history)
    for currency in CURRENCIES:
        totals: Counter[str] = Counter()
        for event in history:
            if getattr(event, "points_currency", None) == currency:
                totals.update(journal(event))
        assert totals["member"] == sum(lot.active(now) for lot in account.of(currency))
        assert totals["held"] == account.held(now, currency)
        assert totals["pending"] == account.pending(now, currency)
        assert totals["breakage"] == sum(lot.expired(now) for lot in account.of(currency))
        assert totals["debt"] == -account.owed(currency)
    due = wakes(account)
    assert due is None or due > now


@settings(max_examples=100, deadline=None)
@for_all(STEPS, LATER)
def test_booking_changes_no_answer(steps: list[Step], now: datetime) -> None:
    log = log_of(steps)
    history, now = [fact.event for fact in log], max([now, *(fact.recorded_at for fact in log)])
    plain, settled = ACCOUNT.fold(history), ACCOUNT.fold(booked(history, now))
    for currency in CURRENCIES:
        assert plain.net(now, currency) == settled.net(now, currency)
        assert plain.pending(now, currency) == settled.pending(now, currency)


@settings(max_examples=100, deadline=None)
@for_all(STEPS)
def test_sending_again_what_took_effect_changes_nothing(steps: list[Step]) -> None:
    state, now = ACCOUNT.initial, NOW
    took: list[Command] = []
    for step in steps:
        now += timedelta(days=step.gap, seconds=1)
        command, _ = command_of(step, now)
        try:
            events = ACCOUNT.decide(command, state)
        except Rejected:
            continue
        took += [command] if events else []
        for event in events:
            state = ACCOUNT.evolve(state, event)
    for command in took:
        if not isinstance(command, Book | Freeze | Unfreeze | SuspendExpiry | ResumeExpiry):
            assert ACCOUNT.decide(command, state) == ()


@settings(max_examples=100, deadline=None)
@for_all(
    st.dictionaries(ORDERS, st.tuples(CENTS, st.lists(CENTS, max_size=3), st.sampled_from(TERMS)), min_size=1),
    st.randoms(use_true_random=False),
    LATER,
)
def test_orders_and_refunds_end_with_the_same_lots_however_they_are_delivered(
    orders: dict[str, tuple[Decimal, list[Decimal], Terms]], random: Random, now: datetime
) -> None:
    facts: list[Command] = []
    for order, (kept, parts, terms) in orders.items():
        facts.append(Earn(ANNA, "shop", order, kept + sum(parts), "EUR", NOW, day(60), terms))
        facts += [ReverseEarning(ANNA, "shop", order, f"{order}-{n}", part, day(60)) for n, part in enumerate(parts)]
    outcomes = []
    for _ in range(2):
        history: list[Event] = []
        for command in facts:
            history += ACCOUNT.decide(command, ACCOUNT.fold(history))
        account = ACCOUNT.fold(history)
        outcomes.append(
            (account.net(now), {lot.lot_id: (lot.points, lot.spent, lot.reversed) for lot in account.lots.values()})
        )
        random.shuffle(facts)
    assert outcomes[0] == outcomes[1]


@settings(max_examples=150, deadline=None)
@for_all(STEPS)
def test_no_lot_gets_back_more_than_was_taken_from_it(steps: list[Step]) -> None:
    taken: dict[str, dict[str, int]] = {}
    held: dict[str, dict[str, int]] = {}
    for fact in log_of(steps):
        match fact.event:
            case PointsSpent():
                taken[fact.event.spend_id] = fact.event.allocations
            case PointsHeld():
                held[fact.event.hold_id] = fact.event.allocations
            case HoldCaptured():
                assert min([*fact.event.allocations.values(), *fact.event.released.values()]) > 0
                parts = Counter(fact.event.allocations) + Counter(fact.event.released)
                assert parts == held.pop(fact.event.hold_id)
                taken[fact.event.hold_id] = fact.event.allocations
            case HoldReleased():
                assert fact.event.released == held.pop(fact.event.hold_id)
            case SpendReversed():
                assert fact.event.allocations == taken.pop(fact.event.spend_id)
            case _:
                pass
