"""The parts of a what-if, each by hand: sides, tallies, months, and limits that members share."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from services.loyalty.domain.rules.amounts import PerAmount
from services.loyalty.domain.rules.language import Base, Limit, RuleSet
from services.loyalty.domain.tiers.earnings import Earning, Reversal
from services.loyalty.domain.what_if.shares import Shares, Use, limits_of
from services.loyalty.domain.what_if.side import Side
from services.loyalty.domain.what_if.tally import Affected, Calendar, Cell, Sum, Tally, Totals, count
from tests.loyalty.loyalty_facts import day
from tests.loyalty.rule_sets import rule, rules
from tests.loyalty.what_if_facts import LONG_AGO, published

BASE = rules(rule("base", Base(PerAmount(1))))
A, B = ("base:1", "points"), ("more:1", "miles")


def at(*when: int) -> datetime:
    year, month, day_, hour, minute = (*when, 0, 0)[:5]
    return datetime(year, month, day_, hour, minute, tzinfo=UTC)


# Sides.


def test_a_side_remembers_what_came_and_what_went_and_when() -> None:
    side = Side()
    side.let_stand("o1", {B: 3, A: 10}, day(1))
    side.let_stand("o1", {B: 3, A: 10}, day(2))
    side.let_stand("o1", {A: 4}, day(3))
    side.let_stand("o1", {A: 6, B: 1}, day(4))
    assert side.stands == {"o1": {A: 6, B: 1}}
    assert side.changes == {
        "o1": [
            (day(1), "points", 10),
            (day(1), "miles", 3),
            (day(3), "points", -6),
            (day(3), "miles", -3),
            (day(4), "points", 2),
            (day(4), "miles", 1),
        ]
    }


def test_what_qualified_is_told_by_currency_with_what_was_taken_back_and_when() -> None:
    side = Side()
    side.let_stand("o1", {A: 10}, day(1))
    side.let_stand("o1", {A: 4}, day(3))
    side.let_stand("o1", {A: 6}, day(4))
    assert [*side.earned("o1", day(1), "points")] == [Earning("o1", day(1), 12, reversals=(Reversal("1", day(3), 6),))]
    assert [*side.earned("o1", day(1), "miles"), *side.earned("o2", day(1), "points")] == []


# Tallies.


def affected(account: str, difference: int, tier: str = "gold", currency: str = "points") -> Affected:
    return Affected(account, {currency: (10, 10 + difference)}, "gold", tier)


def test_those_who_are_most_affected_come_first_then_those_whose_tier_is_another() -> None:
    tally = Tally("points", 3)
    for found in (
        affected("a", 1),
        affected("b", -5),
        affected("c", 5, "silver"),
        affected("d", 0),
        affected("e", 0, "silver"),
        affected("f", 9, currency="miles"),
    ):
        tally.note(found)
    assert [found.account for found in tally.largest()] == ["c", "b", "a"]
    assert [found.account for found in tally.affected] == ["a", "b", "c", "e", "f"]
    assert (tally.gaining, tally.losing) == (2, 1)


def test_of_very_many_only_those_are_kept_who_may_be_named() -> None:
    tally = Tally("points", 2)
    for number in range(1, 109):
        tally.note(affected(f"{number:03}", number))
    assert len(tally.affected) == 108
    tally.note(affected("109", 2))
    assert [found.account for found in tally.affected] == ["108", "107"]


def test_parts_that_were_added_up_apart_are_added_together() -> None:
    one, two = Tally("points", 1, 1, 2, 3, 4, 5), Tally("points", 1, 10, 20, 30, 40, 50)
    one.note(affected("a", 1))
    two.note(affected("b", -2))
    one.real.tiers, two.real.tiers = {"gold": 1}, {"gold": 2, "silver": 1}
    two.simulated.budgets = {"all:x": 7}
    one.add(two)
    assert (one.accounts, one.facts, one.members, one.gaining, one.losing) == (11, 22, 33, 45, 56)
    assert (one.real.tiers, one.simulated.budgets) == ({"gold": 3, "silver": 1}, {"all:x": 7})
    assert [found.account for found in one.affected] == ["b"]


def test_totals_add_up_by_name() -> None:
    key = (date(2026, 1, 1), "points", "", "EUR", date(2026, 2, 1))
    moves = ("member", "gold", "reached")
    one = Totals({A: Sum(1, 2, 3, 4)}, {"x": 1}, {"gold": 1}, {moves: 1}, {key: Cell(5, 6, Decimal(7))})
    one.add(
        Totals(
            {A: Sum(10, 20, 30, 40), B: Sum(1, 1, 1, 1)},
            {"x": 2, "y": 3},
            {"gold": 2},
            {moves: 4},
            {key: Cell(50, 60, Decimal(70))},
        )
    )
    assert one.rules == {A: Sum(11, 22, 33, 44), B: Sum(1, 1, 1, 1)}
    assert (one.budgets, one.tiers, one.moves) == ({"x": 3, "y": 3}, {"gold": 3}, {moves: 5})
    assert one.cells == {key: Cell(55, 66, Decimal(77))}


def test_a_cell_is_taken_away_by_its_sign_and_numbers_by_their_names() -> None:
    cell = Cell(5, 6, Decimal(7))
    cell.add(Cell(1, 2, Decimal(3)), -1)
    assert cell == Cell(4, 4, Decimal(4))
    numbers = {"a": 1}
    count(numbers, {"a": 2, "b": 3})
    assert numbers == {"a": 3, "b": 3}


@pytest.mark.parametrize(
    ("zone", "moment", "month"),
    [
        ("Europe/Berlin", at(2026, 2, 28, 22, 59), (2026, 2)),
        ("Europe/Berlin", at(2026, 2, 28, 23), (2026, 3)),
        ("America/New_York", at(2026, 3, 1, 4, 59), (2026, 2)),
        ("America/New_York", at(2026, 3, 1, 5), (2026, 3)),
        ("Pacific/Kiritimati", at(2026, 2, 27, 23), (2026, 2)),
        ("Pacific/Kiritimati", at(2026, 1, 31, 9, 59), (2026, 1)),
        ("Pacific/Kiritimati", at(2026, 1, 31, 10), (2026, 2)),
        ("America/New_York", at(2026, 3, 2, 3), (2026, 3)),
        ("UTC", at(2026, 12, 31, 23, 59), (2026, 12)),
        ("Europe/Berlin", at(1969, 5, 5), (1970, 1)),
        ("UTC", at(1969, 5, 5), (1970, 1)),
    ],
)
def test_a_month_is_one_of_the_programmes_clock(zone: str, moment: datetime, month: tuple[int, int]) -> None:
    assert Calendar(zone).month(moment) == date(*month, 1)


# Shared limits.


def test_what_was_used_before_a_place_adds_up_in_the_order_of_the_log_however_it_is_told() -> None:
    shares = Shares([Use(5, "k", 7), Use(2, "k", 10), Use(5, "k", -3), Use(9, "other", 1)])
    assert [shares.before(place) for place in (2, 3, 5, 6, 10)] == [
        {},
        {"k": 10},
        {"k": 10},
        {"k": 14},
        {"k": 14, "other": 1},
    ]
    assert shares == Shares([Use(2, "k", 10), Use(5, "k", 4), Use(9, "other", 1)])
    assert shares != Shares([Use(2, "k", 10), Use(5, "k", 4)])
    assert shares != "k"


def test_the_lowest_limit_of_any_version_is_the_one_that_may_bind() -> None:
    def limited(own: int, together: int) -> RuleSet:
        capped = rule("base", Base(PerAmount(1)), budgets=(Limit(own, "day"),))
        return rules(capped, budgets=(Limit(together, "month"), Limit(together, "month", "miles")))

    found = limits_of(published(limited(30, 9), limited(20, 50), since=(LONG_AGO, day(1))))
    assert found == {"all:base:points:day": 20, "all:*:points:month": 9, "all:*:miles:month": 9}
    assert limits_of(published(BASE)) == {}
