"""A hold keeps its points from being spent otherwise and from lapsing, until it is captured, released, or over."""

from datetime import datetime
from decimal import Decimal

import pytest
from msgspec import structs

from services.loyalty.domain.ledger.booking import wakes
from services.loyalty.domain.ledger.commands import Book, Capture, Hold, Release
from services.loyalty.domain.ledger.decider import ACCOUNT, happened
from services.loyalty.domain.ledger.events import Event, HoldCaptured, HoldReleased, PointsExpired, PointsHeld
from services.loyalty.domain.ledger.journal import journal
from services.loyalty.domain.programme.terms import Terms
from shared.testing.given import given
from tests.loyalty.loyalty_facts import ANNA, ENROLLED, day, earn, earned, history_of, refund, spend, take_back

LOT = "shop:o1"
EARNED = earned("o1", "30", 30, 30)
HELD = PointsHeld(ANNA, "h1", 20, "voucher", {LOT: 20}, 10, day(5))
HISTORY = (ENROLLED, EARNED, HELD)
LAPSES = Terms(valid_months=1)
ENDS = 31
"""The day on which what is earned on day 0 lapses by those terms."""


def hold(name: str, points: int, now: float = 0, until: float | None = 5) -> Hold:
    return Hold(ANNA, name, points, "voucher", day(now), None if until is None else day(until))


def capture(name: str, points: int | None = None, now: float = 1) -> Capture:
    return Capture(ANNA, name, day(now), points)


def release(name: str, now: float = 1) -> Release:
    return Release(ANNA, name, day(now))


# --- placing ----------------------------------------------------------------


def test_what_is_held_can_not_be_spent() -> None:
    given(ACCOUNT, ENROLLED, EARNED).when(hold("h1", 20)).then(HELD)
    given(ACCOUNT, *HISTORY).when(spend("s1", 11, 1)).then_rejected("balance-too-low")
    given(ACCOUNT, *HISTORY).when(hold("h2", 11, 1)).then_rejected("balance-too-low")
    assert journal(HELD) == {"member": -20, "held": 20}


def test_a_hold_counts_once_and_never_with_another_number() -> None:
    given(ACCOUNT, *HISTORY).when(hold("h1", 20, 1)).then_nothing()
    given(ACCOUNT, *HISTORY).when(hold("h1", 21, 1)).then_rejected("hold-differs")


def test_holds_and_spends_share_their_names() -> None:
    given(ACCOUNT, *HISTORY).when(spend("h1", 5)).then_rejected("spend-differs")
    given(ACCOUNT, *history_of(earn("o1", "30"), spend("s1", 5))).when(hold("s1", 5)).then_rejected("hold-differs")


@pytest.mark.parametrize(("points", "until", "code"), [(0, 5, "points-not-positive"), (5, 0, "hold-over")])
def test_a_hold_of_nothing_or_of_no_time_is_refused(points: int, until: int, code: str) -> None:
    given(ACCOUNT, ENROLLED, EARNED).when(hold("h1", points, 0, until)).then_rejected(code)


def test_nothing_is_held_while_in_debt() -> None:
    owes = history_of(earn("o1", "30"), spend("s1", 30), refund("r1", "o1", "30"))
    given(ACCOUNT, *owes).when(hold("h1", 1)).then_rejected("in-debt")


# --- capturing --------------------------------------------------------------


def test_a_captured_hold_is_a_spend_of_its_name() -> None:
    captured = HoldCaptured(ANNA, "h1", 20, {LOT: 20}, 10)
    given(ACCOUNT, *HISTORY).when(capture("h1")).then(captured)
    given(ACCOUNT, *HISTORY, captured).when(capture("h1")).then_nothing()
    given(ACCOUNT, *HISTORY, captured).when(capture("h1", 19)).then_rejected("capture-differs")
    given(ACCOUNT, *HISTORY, captured).when(release("h1")).then_rejected("hold-captured")
    account = ACCOUNT.fold(
        [*HISTORY, captured, *ACCOUNT.decide(take_back("h1", 2), ACCOUNT.fold([*HISTORY, captured]))]
    )
    assert account.balance(day(2)) == 30


def test_what_is_not_captured_goes_back() -> None:
    captured = HoldCaptured(ANNA, "h1", 15, {LOT: 15}, 15, {LOT: 5})
    given(ACCOUNT, *HISTORY).when(capture("h1", 15)).then(captured)
    assert journal(captured) == {"held": -20, "redeemed": 15, "member": 5, "debt": 0, "breakage": 0}


def test_a_part_is_captured_from_the_lots_that_were_taken_first() -> None:
    history = history_of(earn("never", "10"), earn("soon", "10", terms=LAPSES), hold("h1", 15))
    (event,) = ACCOUNT.decide(capture("h1", 12), ACCOUNT.fold(history))
    assert isinstance(event, HoldCaptured)
    assert (event.allocations, event.released) == ({"shop:soon": 10, "shop:never": 2}, {"shop:never": 3})


@pytest.mark.parametrize("points", [0, -1, 21])
def test_no_more_than_is_held_is_captured(points: int) -> None:
    given(ACCOUNT, *HISTORY).when(capture("h1", points)).then_rejected("capture-too-large")


def test_what_never_was_held_is_unknown() -> None:
    given(ACCOUNT, *HISTORY).when(capture("h9")).then_rejected("hold-unknown")
    given(ACCOUNT, *HISTORY).when(release("h9")).then_rejected("hold-unknown")


# --- releasing, and the end of its time -------------------------------------


def test_a_released_hold_gives_its_points_back_once() -> None:
    released = HoldReleased(ANNA, "h1", 20, {LOT: 20}, 30)
    given(ACCOUNT, *HISTORY).when(release("h1")).then(released)
    given(ACCOUNT, *HISTORY, released).when(release("h1")).then_nothing()
    given(ACCOUNT, *HISTORY, released).when(capture("h1")).then_rejected("hold-over")


def test_a_hold_is_over_at_its_moment_though_no_timer_ran() -> None:
    account = ACCOUNT.fold(HISTORY)
    assert [account.balance(day(at)) for at in (4.99999, 5)] == [10, 30]
    given(ACCOUNT, *HISTORY).when(capture("h1", now=5)).then_rejected("hold-over")
    assert len(ACCOUNT.decide(spend("s1", 30, 5), account)) == 1


def test_its_end_is_booked_at_its_moment_and_once() -> None:
    booked = HoldReleased(ANNA, "h1", 20, {LOT: 20}, 30, lapsed_at=day(5))
    assert wakes(ACCOUNT.fold(HISTORY)) == day(5)
    given(ACCOUNT, *HISTORY).when(Book(day(4))).then_nothing()
    given(ACCOUNT, *HISTORY).when(Book(day(9))).then(booked)
    given(ACCOUNT, *HISTORY, booked).when(Book(day(9))).then_nothing()
    assert happened(booked) == day(5)


def test_points_that_were_spent_after_its_end_repay_no_debt_when_it_is_booked() -> None:
    history = history_of(earn("o1", "30"), hold("h1", 20), spend("s1", 30, 6), refund("r1", "o1", "30", 7))
    history += ACCOUNT.decide(Book(day(8)), ACCOUNT.fold(history))
    account = ACCOUNT.fold(history)
    assert (account.owed(), account.lots[LOT].left) == (30, 0)


def test_a_hold_protects_its_points_from_lapsing_and_the_rest_lapses() -> None:
    history = history_of(earn("o1", "30", terms=LAPSES), hold("h1", 20, 0, 60))
    account = ACCOUNT.fold(history)
    lot = account.lots[LOT]
    assert (lot.held(day(ENDS)), lot.active(day(ENDS)), lot.expired(day(ENDS))) == (20, 0, 10)
    (expired,) = ACCOUNT.decide(Book(day(40)), account)
    assert isinstance(expired, PointsExpired)
    assert expired.points == 10
    (captured,) = ACCOUNT.decide(capture("h1", 20, 40), account)
    assert isinstance(captured, HoldCaptured)
    assert captured.forfeited == {}


@pytest.mark.parametrize("ends", [Book(day(70)), release("h1", 50)])
def test_what_had_lapsed_meanwhile_lapses_when_the_hold_ends(ends: Book | Release) -> None:
    history = history_of(earn("o1", "30", terms=LAPSES), hold("h1", 20, 0, 60))
    history += ACCOUNT.decide(Book(day(40)), ACCOUNT.fold(history))
    (event,) = ACCOUNT.decide(ends, ACCOUNT.fold(history))
    assert isinstance(event, HoldReleased)
    assert (event.forfeited, event.balance_after) == ({LOT: 20}, 0)
    assert_booked([*history, event], day(70))


def test_of_a_part_that_was_captured_the_rest_lapses_at_once() -> None:
    history = history_of(earn("o1", "30", terms=LAPSES), hold("h1", 20, 0, 60), capture("h1", 15, 50))
    event = history[-1]
    assert isinstance(event, HoldCaptured)
    assert event.forfeited == {LOT: 5}
    assert_booked(history, day(70))


def test_points_that_go_back_repay_a_debt_first() -> None:
    history = history_of(earn("o1", "30"), hold("h1", 20), refund("r1", "o1", "30"))
    assert ACCOUNT.fold(history).owed() == 20
    (event,) = ACCOUNT.decide(release("h1"), ACCOUNT.fold(history))
    assert isinstance(event, HoldReleased)
    assert (event.repaid, event.balance_after) == ({LOT: 20}, 0)
    assert ACCOUNT.fold([*history, event]).owed() == 0


def test_a_refund_takes_nothing_that_is_held() -> None:
    history = history_of(earn("o1", "30"), hold("h1", 20), refund("r1", "o1", "30"))
    account = ACCOUNT.fold(history)
    assert (account.held(day(1)), account.owed()) == (20, 20)
    (event,) = ACCOUNT.decide(capture("h1"), account)
    assert structs.replace(event, balance_after=0) == HoldCaptured(ANNA, "h1", 20, {LOT: 20}, 0)


def assert_booked(history: list[Event], now: datetime) -> None:
    """Once everything is booked, the journals say of breakage and holds what the lots say."""
    while booked := ACCOUNT.decide(Book(now), ACCOUNT.fold(history)):
        history = [*history, *booked]
    lot = ACCOUNT.fold(history).lots[LOT]
    totals = {
        name: sum(journal(event).get(name, 0) for event in history) for name in ("member", "held", "breakage", "issued")
    }
    assert totals == {"member": 0, "held": 0, "breakage": lot.expired(now), "issued": -30}
    assert lot.lapsed == lot.expired(now)
    assert lot.gross == Decimal(30)
