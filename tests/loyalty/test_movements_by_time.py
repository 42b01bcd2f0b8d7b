"""What time did is a movement of its own moment, with its name, before it is booked and after; and events tell when."""

from datetime import datetime
from decimal import Decimal

import pytest

from services.loyalty.domain.earning.judged import Judged
from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.commands import Book, Command, Hold, ResumeExpiry, SuspendExpiry
from services.loyalty.domain.ledger.decider import ACCOUNT, happened
from services.loyalty.domain.ledger.events import (
    ActivityNoted,
    Event,
    ExpiryResumed,
    ExpirySuspended,
    FactJudged,
    HoldCaptured,
    HoldReleased,
    MemberEnrolled,
    PassedOn,
    PendingActivated,
    PointsActivated,
    PointsAdjusted,
    PointsExpired,
    PointsGiven,
    PointsSpent,
    RefundAwaited,
    SpendReversed,
)
from services.loyalty.domain.ledger.having import having
from services.loyalty.domain.ledger.movements import Fact, Movement, movements
from services.loyalty.domain.ledger.statement import statement
from services.loyalty.domain.ledger.touching import concerns, touched
from services.loyalty.domain.ledger.withheld import Withhold
from services.loyalty.domain.programme.terms import Terms
from services.loyalty.domain.rules.fact import Fact as Earning
from services.loyalty.domain.rules.fact import Member
from services.loyalty.domain.rules.trace import Trace
from tests.loyalty.loyalty_facts import ANNA, BERT, ENROLLED, day, earn, earned, history_of, refund, reversed_, spend

LOT = "shop:o1"
TERMS = Terms(14, valid_months=1)


def log_of(*commands: Command, owner: str = "anna") -> list[Fact]:
    """Return what an account remembers, each at its time."""
    found = []
    for number, event in enumerate(history_of(*commands)):
        at = happened(event) or day(0)
        found.append(Fact(f"e{number}", owner, type(event).__name__, at, at, event))
    return found


def told(moved: list[Movement]) -> list[tuple[datetime, str, int, int, str, str | None]]:
    return [
        (one.at, one.type, one.points, one.balance, one.about, one.fact.event_id if one.fact else None) for one in moved
    ]


HELD = Hold(ANNA, "h1", 20, "voucher", day(20), day(25))


def test_what_activates_goes_back_and_lapses_is_told_by_name_though_nobody_booked_it() -> None:
    log = log_of(earn("o1", "30", terms=TERMS))
    log.append(Fact("h", "anna", "PointsHeld", day(20), day(20), held()))
    assert told(movements(log, day(99))) == [
        (day(0), "PointsEarned", 0, 0, "", "e1"),
        (day(14), "points-activated", 30, 30, LOT, None),
        (day(20), "PointsHeld", -20, 10, "", "h"),
        (day(25), "hold-released", 20, 30, "h1", None),
        (day(45), "points-expired", -30, 0, LOT, None),
    ]
    assert [one.at for one in movements(log, day(25))][-1] == day(25)
    assert [one.at for one in movements(log, day(24.9))][-1] == day(20)


def held() -> Event:
    (event,) = ACCOUNT.decide(HELD, ACCOUNT.fold(history_of(earn("o1", "30", terms=TERMS))))
    return event


def test_what_was_booked_is_told_with_what_booked_it() -> None:
    moved = told(movements(log_of(earn("o1", "30", terms=TERMS), HELD, *[Book(day(99))] * 3), day(99)))
    assert [(kind, about, booked) for _, kind, _, _, about, booked in moved if about] == [
        ("points-activated", LOT, "e3"),
        ("hold-released", "h1", "e4"),
        ("points-expired", LOT, "e5"),
    ]


def test_a_hold_that_ended_before_its_time_is_no_movement_at_it() -> None:
    captured = HoldCaptured(ANNA, "h1", 20, {LOT: 20}, 10)
    log = log_of(earn("o1", "30"), HELD)
    log.append(Fact("c", "anna", "HoldCaptured", day(21), day(21), captured))
    assert [one.at for one in movements(log, day(99))] == [day(0), day(0), day(21)]


def test_the_end_of_an_exemption_comes_before_what_lapses_with_it() -> None:
    exempt = (SuspendExpiry(ANNA, day(30), "ill", day(30)), ResumeExpiry(ANNA, day(60), day(60)))
    moved = movements(log_of(earn("o1", "30", terms=Terms(valid_months=1)), *exempt), day(99))
    assert told(moved)[-1] == (day(60), "points-expired", -30, 0, LOT, None)


def test_what_is_owed_lowers_no_balance_below_nothing_and_each_currency_has_its_own() -> None:
    moved = movements(log_of(earn("o1", "30"), spend("s1", 30), refund("r1", "o1", "30")), day(9))
    assert [(one.points, one.balance, one.points_currency) for one in moved] == [
        (30, 30, "points"),
        (-30, 0, "points"),
        (0, 0, "points"),
    ]


def test_accounts_of_merged_members_are_told_together_and_apart() -> None:
    both = [*log_of(earn("o1", "30")), *log_of(earn("o1", "12", 1), owner="bert")]
    assert [one.balance for one in movements(both, day(9))] == [30, 42]


def test_a_period_begins_with_its_first_moment_and_ends_before_its_last() -> None:
    moved = movements(log_of(*(earn(f"o{number}", "10", number) for number in range(4))), day(9))
    made = statement(moved, day(1), day(3))
    assert (made.opening, [one.at for one in made.movements], made.closing) == (10, [day(1), day(2)], 30)
    assert (statement(moved, None, None).opening, statement(moved, None, None).closing) == (0, 40)
    assert (statement(moved, day(9), None).opening, statement(moved, day(9), None).closing) == (40, 40)
    assert statement(moved, None, day(0)).closing == 0


JUDGED = Judged(Earning("purchase", "shop", "o1", day(2)), Member(), Trace(1))

WHEN: list[tuple[Event, datetime | None]] = [
    (MemberEnrolled(ANNA), None),
    (PointsSpent(ANNA, "s1", 5, "x", {}, 0), None),
    (earned("o1", "5", 5, 5, on=3), day(3)),
    (PointsActivated(ANNA, LOT, 5, day(4), 0), day(4)),
    (PointsExpired(ANNA, LOT, 5, day(5), 0), day(5)),
    (PendingActivated(ANNA, "d1", LOT, 5, day(6), day(8), 0), day(6)),
    (ActivityNoted(ANNA, day(7)), day(7)),
    (ExpirySuspended(ANNA, day(8), "x"), day(8)),
    (ExpiryResumed(ANNA, day(9)), day(9)),
    (HoldReleased(ANNA, "h1", 5, {}, 0, lapsed_at=day(10)), day(10)),
    (HoldReleased(ANNA, "h1", 5, {}, 0), None),
    (reversed_(5, "5", "0", {}, 0, 0), None),
    (FactJudged(ANNA, "shop", JUDGED, {}), day(2)),
    (FactJudged(ANNA, "shop", JUDGED, {}, "r1", Decimal(1), day(11)), day(11)),
    (FactJudged(ANNA, "shop", JUDGED, {}, "r1", Decimal(1)), None),
]


@pytest.mark.parametrize(("event", "at"), WHEN)
def test_an_event_tells_when_it_came_about_where_it_knows(event: Event, at: datetime | None) -> None:
    assert happened(event) == at


PART = PassedOn("b / s1", "b", 5, day(0), day(0))

TOUCHED: list[tuple[Event, set[str]]] = [
    (MemberEnrolled(ANNA), set()),
    (earned("o1", "5", 5, 5), {LOT}),
    (reversed_(5, "5", "0", {"shop:o2": 5}, 0, 0), {LOT, "shop:o2"}),
    (HoldCaptured(ANNA, "h1", 5, {LOT: 5}, 0, {"shop:o2": 1}), {LOT, "shop:o2"}),
    (SpendReversed(ANNA, "s1", 5, {"b": 5}, {}, 0, revived=(PART,)), {"b", "b / s1"}),
    (PointsGiven(ANNA, "t1", BERT, 5, "x", {LOT: 5}, (PART,), 0), {LOT, "b / s1"}),
    (PendingActivated(ANNA, "d1", LOT, 5, day(6), day(8), 0, into=f"{LOT} / d1"), {LOT, f"{LOT} / d1"}),
    (PendingActivated(ANNA, "d1", LOT, 5, day(6), day(8), 0), {LOT}),
    (PointsAdjusted(ANNA, "a1", -5, "x", "carl", 0, allocations={LOT: 5}), {LOT}),
]


@pytest.mark.parametrize(("event", "lots"), TOUCHED)
def test_an_event_touches_the_lots_whose_points_it_moves(event: Event, lots: set[str]) -> None:
    assert touched(event) == lots
    assert all(concerns(event, lot) for lot in lots)


CONCERNS: list[tuple[Event, str]] = [
    (PointsSpent(ANNA, "s1", 5, "x", {}, 0), "s1"),
    (HoldReleased(ANNA, "h1", 5, {}, 0), "h1"),
    (reversed_(5, "5", "0", {}, 0, 0), "r1"),
    (PendingActivated(ANNA, "d1", LOT, 5, day(6), day(8), 0), "d1"),
    (PointsGiven(ANNA, "t1", BERT, 5, "x", {}, (), 0), "t1"),
    (PointsAdjusted(ANNA, "a1", 5, "x", "carl", 0), "a1"),
    (RefundAwaited(ANNA, "shop", "o1", "r1", Decimal(5)), LOT),
    (FactJudged(ANNA, "shop", JUDGED, {"shop:o1:base:1": 5}), LOT),
    (FactJudged(ANNA, "shop", JUDGED, {"shop:o1:base:1": 5}), "shop:o1:base:1"),
]


@pytest.mark.parametrize(("event", "name"), CONCERNS)
def test_an_event_is_found_by_its_names(event: Event, name: str) -> None:
    assert concerns(event, name)
    assert not concerns(event, "another")


def test_what_several_accounts_have_is_told_by_currency_with_what_is_withheld_of_it() -> None:
    anna = ACCOUNT.fold(history_of(earn("o1", "30"), earn("o2", "12"), Withhold(ANNA, "shop:o2", day(0)), HELD))
    pending = ACCOUNT.fold(history_of(earn("o3", "7", terms=Terms(14))))
    owing = ACCOUNT.fold(history_of(earn("o4", "9"), spend("s1", 9), refund("r1", "o4", "5")))
    own = having([anna, pending, owing, Account()], day(20))["points"]
    assert (own.active, own.pending, own.withheld, own.held, own.owed, own.net) == (10 + 7, 12, 12, 20, 5, 12)
    own = having([anna, pending], day(1))["points"]
    assert (own.active, own.pending, own.withheld) == (10, 12 + 7, 12)
    own = having([anna, anna, owing, owing], day(20))["points"]
    assert (own.active, own.withheld, own.held, own.owed) == (20, 24, 40, 10)
    assert having([ACCOUNT.fold([ENROLLED])], day(0)) == {}
