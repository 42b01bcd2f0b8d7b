"""Points live between two moments: first they are pending, at the end they have lapsed, and no timer decides it."""

from datetime import UTC, datetime

import pytest
from msgspec import structs

from services.loyalty.domain.ledger.booking import wakes
from services.loyalty.domain.ledger.commands import Book, Command
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.events import Event, PointsActivated, PointsExpired, PointsSpent, SpendReversed
from services.loyalty.domain.ledger.journal import journal
from services.loyalty.domain.programme.terms import Terms, sentence
from shared.testing.given import given
from tests.loyalty.loyalty_facts import (
    ANNA,
    ENROLLED,
    day,
    earn,
    earned,
    history_of,
    refund,
    reversed_,
    spend,
    take_back,
)

WAITS = Terms(pending_days=14)
LAPSES = Terms(valid_months=1)
BOTH = Terms(pending_days=14, valid_months=1)
LOT = "shop:o1"
ACTIVE = day(14)
"""When what is earned on day 0 can be spent, where it waits."""
END = datetime(2026, 2, 5, 9, 30, tzinfo=UTC)
"""When what is earned on day 0 lapses, where it does."""
ENDED = (END - day(0)).days

PENDING = structs.replace(earned("o1", "49.90", 49, 0), activates_at=ACTIVE, pending=49, terms=WAITS)
LIMITED = structs.replace(earned("o1", "49.90", 49, 49), expires_at=END, terms=LAPSES)
SPENT = PointsSpent(ANNA, "s1", 20, "voucher", {LOT: 20}, 29)
ACTIVATED = PointsActivated(ANNA, LOT, 49, ACTIVE, 49)


def lapsed(points: int) -> PointsExpired:
    return PointsExpired(ANNA, LOT, points, END, 0)


# --- the terms --------------------------------------------------------------


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("terms", "earned_at", "activates_at", "expires_at"),
    [
        (Terms(), "2026-01-31T10:00Z", "2026-01-31T10:00Z", None),
        (Terms(0, 1), "2026-01-31T10:00Z", "2026-01-31T10:00Z", "2026-02-28T10:00Z"),
        (Terms(0, 1), "2028-01-31T10:00Z", "2028-01-31T10:00Z", "2028-02-29T10:00Z"),
        (Terms(0, 12), "2028-02-29T10:00Z", "2028-02-29T10:00Z", "2029-02-28T10:00Z"),
        (Terms(0, 14), "2026-12-15T10:00Z", "2026-12-15T10:00Z", "2028-02-15T10:00Z"),
        (Terms(0, 1, True), "2026-01-31T10:00Z", "2026-01-31T10:00Z", "2026-03-01T00:00Z"),
        (Terms(0, 11, True), "2026-01-01T00:00Z", "2026-01-01T00:00Z", "2027-01-01T00:00Z"),
        (Terms(14), "2026-01-31T10:00Z", "2026-02-14T10:00Z", None),
        # validity counts from activation, and the day is the zone's: in Berlin it is February already
        (Terms(1, 1, True, "Europe/Berlin"), "2026-01-30T23:30Z", "2026-01-31T23:30Z", "2026-03-31T22:00Z"),
        # the same local time, an hour nearer in UTC: clocks went forward in between
        (Terms(2, None, False, "Europe/Berlin"), "2026-03-28T12:00Z", "2026-03-30T11:00Z", None),
        (Terms(1, 1, False, "America/New_York"), "0001-01-01T00:00Z", "1970-01-02T00:00Z", "1970-02-02T00:00Z"),
    ],
)
def test_months_clamp_and_days_are_the_zones(
    terms: Terms, earned_at: str, activates_at: str, expires_at: str | None
) -> None:
    begins = terms.activates_at(utc(earned_at))
    assert begins == utc(activates_at)
    assert terms.expires_at(begins) == (utc(expires_at) if expires_at else None)


def test_terms_are_told_in_words() -> None:
    assert sentence(Terms()) == "active at once, valid for ever"
    assert sentence(Terms(14, 12, True, "Europe/Berlin")) == (
        "pending for 14 days, valid for 12 months from then, to the end of the month (Europe/Berlin)"
    )


# --- pending ----------------------------------------------------------------


def test_an_order_earns_points_that_wait_and_says_so() -> None:
    given(ACCOUNT, ENROLLED).when(earn("o1", "49.90", terms=WAITS)).then(PENDING)


def test_pending_points_cannot_be_spent_until_the_moment_itself() -> None:
    given(ACCOUNT, ENROLLED, PENDING).when(spend("s1", 1, 13.99999)).then_rejected("balance-too-low")
    given(ACCOUNT, ENROLLED, PENDING).when(spend("s1", 20, 14)).then(SPENT)


def test_activation_is_booked_at_its_moment_and_once() -> None:
    assert wakes(ACCOUNT.fold([ENROLLED, PENDING])) == ACTIVE
    given(ACCOUNT, ENROLLED, PENDING).when(Book(day(13))).then_nothing()
    given(ACCOUNT, ENROLLED, PENDING).when(Book(day(20))).then(ACTIVATED)
    given(ACCOUNT, ENROLLED, PENDING, ACTIVATED).when(Book(day(20))).then_nothing()
    assert wakes(ACCOUNT.fold([ENROLLED, PENDING, ACTIVATED])) is None


def test_a_late_order_whose_waiting_is_over_is_active_at_once() -> None:
    event = structs.replace(earned("o1", "49.90", 49, 49), activates_at=ACTIVE, terms=WAITS)
    given(ACCOUNT, ENROLLED).when(earn("o1", "49.90", now=15, terms=WAITS)).then(event)


def test_an_order_from_the_future_waits_for_its_own_moment() -> None:
    event = structs.replace(earned("o1", "49.90", 49, 0, on=0.001), pending=49)
    given(ACCOUNT, ENROLLED).when(earn("o1", "49.90", 0.001, now=0)).then(event)
    given(ACCOUNT, ENROLLED, event).when(spend("s1", 1)).then_rejected("balance-too-low")


def test_a_refund_takes_pending_points_back_while_they_wait() -> None:
    back = structs.replace(reversed_(49, "49.90", "0.00", {LOT: 49}, 0, 0), pending={LOT: 49})
    given(ACCOUNT, ENROLLED, PENDING).when(refund("r1", "o1", "49.90", 3)).then(back)
    assert journal(back) == {"member": 0, "pending": -49, "breakage": 0, "debt": 0, "issued": 49}
    given(ACCOUNT, ENROLLED, PENDING, back).when(Book(day(20))).then_nothing()


def test_what_a_refund_cannot_find_in_active_lots_it_takes_from_pending_ones_before_anyone_owes() -> None:
    history = history_of(earn("o1", "10.00"), spend("s1", 10), earn("o2", "4.00"), earn("o3", "30.00", terms=WAITS))
    back = structs.replace(reversed_(10, "10.00", "0.00", {"shop:o2": 4, "shop:o3": 6}, 0, 0), pending={"shop:o3": 6})
    given(ACCOUNT, *history).when(refund("r1", "o1", "10.00", 1)).then(back)
    account = ACCOUNT.fold([*history, back])
    assert (account.balance(day(1)), account.pending(day(1)), account.balance(day(14))) == (0, 24, 24)


def test_pending_points_repay_a_debt_at_once() -> None:
    owes = history_of(earn("o1", "10.00"), spend("s1", 10), refund("r1", "o1", "10.00"))
    decided = given(ACCOUNT, *owes).when(earn("o2", "30.00", terms=WAITS))
    event = structs.replace(earned("o2", "30.00", 30, 0, repaid=10), activates_at=ACTIVE, pending=20, terms=WAITS)
    decided.then(event)
    assert journal(event) == {"issued": -30, "member": 0, "pending": 20, "debt": 10}


# --- expiry -----------------------------------------------------------------


def test_an_order_earns_points_that_lapse_and_says_so() -> None:
    given(ACCOUNT, ENROLLED).when(earn("o1", "49.90", terms=LAPSES)).then(LIMITED)


def test_points_past_their_end_cannot_be_spent_though_no_timer_ran() -> None:
    given(ACCOUNT, ENROLLED, LIMITED).when(spend("s1", 20, ENDED - 0.00001)).then(SPENT)
    given(ACCOUNT, ENROLLED, LIMITED).when(spend("s1", 20, ENDED)).then_rejected("balance-too-low")
    assert ACCOUNT.fold([ENROLLED, LIMITED]).balance(END) == 0


def test_what_is_left_lapses_at_its_moment_and_is_booked_once() -> None:
    assert wakes(ACCOUNT.fold([ENROLLED, LIMITED])) == END
    given(ACCOUNT, ENROLLED, LIMITED, SPENT).when(Book(day(ENDED - 1))).then_nothing()
    given(ACCOUNT, ENROLLED, LIMITED, SPENT).when(Book(day(90))).then(lapsed(29))
    given(ACCOUNT, ENROLLED, LIMITED, SPENT, lapsed(29)).when(Book(day(90))).then_nothing()
    assert journal(lapsed(29)) == {"member": -29, "breakage": 29}


def test_a_lot_that_was_spent_whole_wakes_no_one() -> None:
    whole = PointsSpent(ANNA, "s1", 49, "voucher", {LOT: 49}, 0)
    assert wakes(ACCOUNT.fold([ENROLLED, LIMITED, whole])) is None


def test_several_moments_that_passed_are_booked_one_after_the_other() -> None:
    history = history_of(earn("o1", "49.90", terms=BOTH), earn("o2", "10.00", 3, terms=BOTH))
    moments = []
    while booked := ACCOUNT.decide(Book(day(400)), ACCOUNT.fold(history)):
        history += booked
        moments.append([(type(event).__name__, getattr(event, "lot_id", None)) for event in booked])
    assert moments == [
        [("PointsActivated", "shop:o1")],
        [("PointsActivated", "shop:o2")],
        [("PointsExpired", "shop:o1")],
        [("PointsExpired", "shop:o2")],
    ]


def test_what_lapses_first_is_spent_first() -> None:
    history = history_of(
        earn("never", "10.00"), earn("late", "10.00", 2, terms=LAPSES), earn("soon", "10.00", 1, terms=LAPSES)
    )
    decided = given(ACCOUNT, *history).when(spend("s1", 25, 3))
    (event,) = decided.events
    assert isinstance(event, PointsSpent)
    assert list(event.allocations.items()) == [("shop:soon", 10), ("shop:late", 10), ("shop:never", 5)]


@pytest.mark.parametrize("booked", [(), (lapsed(49),)])
def test_a_refund_of_points_that_lapsed_leaves_no_debt(booked: tuple[PointsExpired, ...]) -> None:
    history: tuple[Event, ...] = (ENROLLED, LIMITED, *booked)
    back = structs.replace(reversed_(49, "49.90", "0.00", {LOT: 49}, 0, 0), expired=49)
    given(ACCOUNT, *history).when(refund("r1", "o1", "49.90", 60)).then(back)
    assert_booked([*history, back])


@pytest.mark.parametrize("booked", [(), (lapsed(29),)])
def test_a_spend_taken_back_after_its_lots_lapsed_is_forfeited(booked: tuple[PointsExpired, ...]) -> None:
    history: tuple[Event, ...] = (ENROLLED, LIMITED, SPENT, *booked)
    back = SpendReversed(ANNA, "s1", 20, {LOT: 20}, {}, 0, {LOT: 20})
    given(ACCOUNT, *history).when(take_back("s1", 60)).then(back)
    assert journal(back)["breakage"] == 20
    assert_booked([*history, back])


def test_what_is_forfeited_repays_no_debt() -> None:
    commands: list[Command] = [
        earn("o1", "10.00", terms=LAPSES),
        earn("o2", "5.00"),
        spend("s1", 15),
        refund("r1", "o2", "5.00"),
        take_back("s1", 60),
    ]
    *_, event = history_of(*commands)
    assert isinstance(event, SpendReversed)
    assert (event.forfeited, event.repaid, event.balance_after) == ({LOT: 10}, {"shop:o2": 5}, 0)


def test_an_order_that_is_told_after_its_points_lapsed_earns_them_and_loses_them() -> None:
    event = structs.replace(LIMITED, balance_after=0)
    given(ACCOUNT, ENROLLED).when(earn("o1", "49.90", now=60, terms=LAPSES)).then(event)
    given(ACCOUNT, ENROLLED, event).when(Book(day(60))).then(lapsed(49))


def test_each_lot_keeps_the_terms_that_it_was_earned_on() -> None:
    assert earn("o1", "49.90", terms=LAPSES) != earn("o1", "49.90")
    given(ACCOUNT, ENROLLED, LIMITED).when(earn("o1", "49.90")).then_nothing()


def assert_booked(history: list[Event]) -> None:
    """Once everything is booked, the journals say that nothing can be spent and nothing is owed."""
    while booked := ACCOUNT.decide(Book(day(400)), ACCOUNT.fold(history)):
        history += booked
    sums: dict[str, int] = {}
    for event in history:
        for name, points in journal(event).items():
            sums[name] = sums.get(name, 0) + points
    account = ACCOUNT.fold(history)
    lot = account.lots[LOT]
    assert sums.get("member") == account.balance(day(400)) == 0
    assert sums.get("breakage") == lot.expired(day(400)) == lot.lapsed
    assert lot.points == lot.spent + lot.expired(day(400)) + lot.reversed
