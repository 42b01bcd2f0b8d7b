"""The parts of a what-if, each by hand: sides, tallies, months, shared limits, patches, and which version counts."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs

from services.loyalty.domain.programme.document import Document
from services.loyalty.domain.programme.programme import Programme, Version
from services.loyalty.domain.rules.amounts import Fixed, PerAmount
from services.loyalty.domain.rules.language import Add, Base, Limit, RuleSet
from services.loyalty.domain.tiers.earnings import Earning, Reversal
from services.loyalty.domain.what_if.alternative import alternative_of
from services.loyalty.domain.what_if.patching import by_id, patched
from services.loyalty.domain.what_if.shares import Shares, Use, limits_of
from services.loyalty.domain.what_if.side import Side
from services.loyalty.domain.what_if.tally import Affected, Calendar, Cell, Sum, Tally, Totals, count
from shared.errors import Invalid
from tests.loyalty.loyalty_facts import day
from tests.loyalty.programmes import SHOP
from tests.loyalty.rule_sets import rule, rules
from tests.loyalty.what_if_facts import LONG_AGO, NOW, asked, document, published

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
    tally = Tally("points", 1)
    for number in range(1, 105):
        tally.note(affected(f"{number:03}", number))
    assert len(tally.affected) == 104
    tally.note(affected("105", 2))
    assert [found.account for found in tally.affected] == ["104"]


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


# Patches.


def patch(**sections: Any) -> Document:
    return patched(document(BASE), sections)


def test_a_patch_merges_what_it_names_and_takes_away_what_it_calls_null() -> None:
    """RFC 7396: an object is merged, anything else replaces what was there."""
    assert patch() == document(BASE)
    assert patch(name="Another").name == "Another"
    assert patch(terms={"points": {"pending_days": 14}}).terms["points"].pending_days == 14
    both = patched(document(BASE), {"terms": {"points": {"pending_days": 14, "valid_months": 24}}})
    fewer = patched(both, {"terms": {"points": {"pending_days": None}}})
    assert (fewer.terms["points"].pending_days, fewer.terms["points"].valid_months) == (0, 24)
    assert patched(both, {"terms": None}).terms == {}
    assert patched(both, {"currencies": [{"code": "points"}, {"code": "miles"}]}).codes() == ("points", "miles")


def test_a_patch_names_rules_by_their_ids_and_new_ones_come_last() -> None:
    new = {"on": ["purchase"], "effects": [{"type": "add", "amount": {"type": "fixed", "points": 7}}]}
    made = patch(earning={"rules": {"more": new, "base": {"priority": 3}}})
    assert [(one.id, one.priority) for one in made.earning.rules] == [("base", 3), ("more", 0)]
    assert made.earning.rules[1].effects == (Add(Fixed(7)),)
    renamed = patch(earning={"rules": {"base": {"id": "other"}}})
    assert [one.id for one in renamed.earning.rules] == ["base"]
    without = structs.replace(document(BASE), earning=RuleSet())
    assert [one.id for one in patched(without, {"earning": {"rules": {"more": new}}}).earning.rules] == ["more"]


@pytest.mark.parametrize(
    ("sections", "place"),
    [
        ({"earning": {"rules": {"base": "x"}}}, "/earning/rules/base"),
        ({"earning": {"rules": [1]}}, "/earning/rules/0"),
        ({"earning": {"rules": "x"}}, "/earning/rules"),
        ({"earning": "x"}, "/earning"),
        ({"earning": {"rules": {"more": {"on": ["sale"], "effects": []}}}}, "/earning/rules/more/on/0"),
        ({"id": None}, ""),
    ],
)
def test_what_comes_of_a_patch_is_refused_by_the_names_of_its_rules(sections: dict[str, Any], place: str) -> None:
    with pytest.raises(Invalid) as refusal:
        patched(document(BASE), sections)
    assert [found for found, _ in refusal.value.problems] == [place]


@pytest.mark.parametrize(
    ("pointer", "named"),
    [
        ("/earning/rules/1", "/earning/rules/b"),
        ("/earning/rules/0/on/0", "/earning/rules/a/on/0"),
        ("/earning/rules/2/on", "/earning/rules/2/on"),
        ("/earning/rules", "/earning/rules"),
        ("/name", "/name"),
    ],
)
def test_a_pointer_to_a_rule_becomes_one_by_its_id(pointer: str, named: str) -> None:
    assert by_id(pointer, ("a", "b")) == named


# Which version counts, and what stands instead of it.


def versions(*since: float, back_dated: tuple[int, ...] = ()) -> Programme:
    return Programme(
        tuple(
            Version(number, day(on), structs.replace(document(BASE), name=f"v{number}"), number in back_dated)
            for number, on in enumerate(since, 1)
        )
    )


def names(programme: Programme, **more: Any) -> list[str]:
    """Return what the documents are called that stand instead, where all that count are called `else`."""
    alternative = alternative_of(asked(patch={"name": "else"}, **more), programme, NOW)
    return [one.name for one in alternative.instead]


def test_only_versions_that_may_have_judged_facts_of_the_period_are_replaced() -> None:
    assert names(versions(-50, -10, 30, 90)) == ["v1", "else", "else", "v4"]
    assert names(versions(-50, 0, 30)) == ["v1", "else", "else"]
    assert names(versions(-50, 0.1)) == ["else", "else"]
    assert names(versions(-50, -10, back_dated=(2,))) == ["else", "else"]
    assert names(versions(-50, 89.9)) == ["else", "else"]


def test_judgements_of_the_period_bear_numbers_of_their_own_that_lead_back() -> None:
    alternative = alternative_of(asked(), versions(-50, 30), NOW)
    numbers = [alternative.number(version, moment) for version, moment in ((1, day(-1)), (1, day(0)), (2, day(90)))]
    assert numbers == [1, 3, 2]
    assert [alternative.original(number) for number in (1, 2, 3, 4)] == [1, 2, 1, 2]
    assert [version.number for version in alternative.numbered().versions] == [1, 2, 3, 4]
    assert [version.effective_from for version in alternative.numbered().versions] == [day(-50), day(30)] * 2
    assert alternative.zone == SHOP.zone
