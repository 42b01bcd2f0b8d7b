"""A currency's part of a printed statement: its lines between two balances, each said in the words of what happened."""

from decimal import Decimal

import pytest
from msgspec import structs

from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.events import (
    Event,
    HoldCaptured,
    HoldReleased,
    PointsAdjusted,
    PointsReceived,
    PointsReversed,
    SpendReversed,
)
from services.loyalty.domain.ledger.movements import ACTIVATED, EXPIRED, RELEASED, Fact, Movement, movements
from services.loyalty.domain.programme.terms import Terms
from services.loyalty.domain.statements.lapsing import Lapse, lapsing
from services.loyalty.domain.statements.paper import Line, Paper, Section, section
from services.loyalty.domain.statements.wording import BY_TIME, Words, words
from tests.loyalty.loyalty_facts import ANNA, BERT, NOW, day, earn, earned, history_of, spend


def said(event: Event, name: str = "") -> Words:
    fact = Fact("e", str(ANNA), type(event).__name__, NOW, NOW, event)
    return words(Movement(NOW, fact.type, 0, 0, fact), lambda *_: name)


def facts_of(*events: Event) -> list[Fact]:
    """An account's facts, one a day."""
    return [Fact(f"e{n}", str(ANNA), type(event).__name__, day(n), day(n), event) for n, event in enumerate(events)]


def test_a_section_tells_each_movement_of_the_period_between_its_balances() -> None:
    moved = movements(facts_of(*history_of(earn("o1", "30"), spend("s1", 12), spend("s2", 3))), day(9))
    lapses = (Lapse(day(20), 15),)
    since = moved[-2].at
    assert section("points", moved, (since, moved[-1].at), lapses, lambda *_: "") == Section(
        "points", 30, (Line(since, "Spent", "voucher", -12, 18),), 18, lapses
    )
    whole = section("points", moved, (None, None), (), lambda *_: "Each euro")
    assert (whole.opening, whole.closing) == (0, 15)
    assert [(line.says, line.points, line.balance) for line in whole.lines][-3:] == [
        ("Earned: Each euro (shop o1)", 30, 30),
        ("Spent", -12, 18),
        ("Spent", -3, 15),
    ]


def test_a_rule_is_named_as_it_was_called_in_the_version_that_gave_the_points() -> None:
    event = structs.replace(earned("o1", "30", 30, 30), rule="base", rule_version=7)
    fact = Fact("e", str(ANNA), "points-earned", NOW, NOW, event)
    told = words(Movement(NOW, fact.type, 30, 30, fact), lambda rule, version: f"{rule} of {version}")
    assert told == Words("Earned: base of 7 (shop o1)")


def test_a_paper_counts_the_lines_of_all_its_sections() -> None:
    line = Line(NOW, "Spent", None, -1, 9)
    sections = (Section("points", 0, (line, line), 0, ()), Section("miles", 0, (line,), 0, ()))
    assert Paper("shop", "a", None, NOW, NOW, "UTC", sections, None).lines == 3


@pytest.mark.parametrize("kind", [ACTIVATED, EXPIRED, RELEASED])
def test_what_time_brought_is_said_by_its_kind_and_nobody_gave_a_reason(kind: str) -> None:
    assert words(Movement(NOW, kind, 0, 0, None), lambda *_: "x") == Words(BY_TIME[kind])


@pytest.mark.parametrize(
    ("event", "says"),
    [
        (
            structs.replace(earned("o1", "30", 1234, 1234), awaits="delivery"),
            "1,234 points that can be spent later (shop o1)",
        ),
        (
            PointsReversed(ANNA, "shop:o1", "shop", "o1", "r1", 9, Decimal(30), Decimal(21), {}, 1234, 0),
            "Taken back, as an order was paid back (shop o1); 1,234 points are owed",
        ),
        (SpendReversed(ANNA, "s1", 9, {"a": 9}, {}, 0), "Given back, as a spend was taken back"),
        (
            SpendReversed(ANNA, "s1", 9, {"a": 9}, {"a": 2, "b": 3}, 0),
            "Given back, as a spend was taken back, 5 of them repaid what was owed",
        ),
        (
            SpendReversed(ANNA, "s1", 9, {"a": 9}, {}, 0, {"a": 1, "b": 3}),
            "Given back, as a spend was taken back; 4 of them had lapsed meanwhile",
        ),
        (HoldCaptured(ANNA, "h1", 5, {"a": 5}, 0), "Spent, of what was kept aside"),
        (
            HoldCaptured(ANNA, "h1", 5, {"a": 5}, 0, {"a": 4, "b": 2}, {}, {"a": 1}),
            "Spent, of what was kept aside; 6 points given back; 1 of them had lapsed meanwhile",
        ),
        (HoldReleased(ANNA, "h1", 5, {"a": 5}, 5), "No longer kept aside"),
        (
            HoldReleased(ANNA, "h1", 5, {"a": 5}, 5, {"a": 2}, {"a": 1}),
            "No longer kept aside, 2 of them repaid what was owed; 1 of them had lapsed meanwhile",
        ),
        (PointsReceived(ANNA, "t1", BERT, 5, (), 5), "From another member"),
        (
            PointsReceived(ANNA, "t1", BERT, 5, (), 5, {"a": 2}),
            "From another member, 2 of them repaid what was owed",
        ),
    ],
)
def test_what_else_became_of_the_points_is_said_with_it(event: Event, says: str) -> None:
    assert said(event).says == says


def test_what_was_given_or_taken_by_hand_is_told_apart_and_why() -> None:
    given = PointsAdjusted(ANNA, "a1", 5, "sorry", "eva", 5, debt_repaid=2)
    assert said(given) == Words("Given by hand, 2 of them repaid what was owed", "sorry")
    assert said(structs.replace(given, points=1, debt_repaid=0)).says == "Given by hand"
    assert said(structs.replace(given, points=-1)) == Words("Taken by hand", "sorry")


def test_what_lapses_at_several_moments_is_told_in_their_order_and_at_the_last_moment_too() -> None:
    months = (earn("o2", "12", terms=Terms(valid_months=2)), earn("o1", "30", terms=Terms(valid_months=1)))
    accounts = {str(ANNA): ACCOUNT.fold(history_of(*months))}
    until = day(59)
    assert lapsing(accounts, "points", NOW, until) == (Lapse(day(31), 30), Lapse(day(59), 12))
    assert lapsing(accounts, "points", NOW, day(58)) == (Lapse(day(31), 30),)
    assert lapsing(accounts, "miles", NOW, until) == ()
    single = {str(ANNA): ACCOUNT.fold(history_of(earn("o1", "1", terms=Terms(valid_months=1))))}
    assert lapsing(single, "points", NOW, until) == (Lapse(day(31), 1),)
