"""What rules ask of a member is found wherever it stands in them, and a rule is told with all that bounds it."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from services.loyalty.domain.rules.amounts import Fixed, PerAmount
from services.loyalty.domain.rules.asking import Asked, asked_of, names_tiers
from services.loyalty.domain.rules.conditions import (
    All,
    AnyOf,
    Condition,
    FirstPurchase,
    HasAttribute,
    InSegment,
    NearBirthday,
    Not,
    OfTier,
    OnWeekday,
    WithConsent,
)
from services.loyalty.domain.rules.explain import explained, said_of_benefit, sentence
from services.loyalty.domain.rules.language import Add, Base, Limit, Multiply, RuleSet, Stacking, Window
from services.loyalty.domain.rules.words import said_of_condition, said_of_limit
from tests.loyalty.rule_sets import bought, rule, rules, trace_of

FIVE, TEN = Add(Fixed(5)), Add(Fixed(10))
BASE = rule("base", Base(PerAmount(1)))
ELSE = FirstPurchase()
WITHIN: list[Callable[[Condition], Condition]] = [
    lambda one: one,
    Not,
    lambda one: All((ELSE, one)),
    lambda one: AnyOf((one, ELSE)),
]


@pytest.mark.parametrize(
    ("asked", "anything"),
    [
        (Asked(), False),
        (Asked(segments=True), True),
        (Asked(consents=True), True),
        (Asked(near_birthday=(0,)), True),
    ],
)
def test_it_is_told_whether_anything_is_asked_for(asked: Asked, *, anything: bool) -> None:
    assert bool(asked) is anything


def test_what_two_rule_sets_ask_for_is_asked_for_together() -> None:
    one, other = Asked(segments=True, near_birthday=(7, 3)), Asked(consents=True, near_birthday=(3, 0))
    assert one | other == other | one == Asked(True, True, (0, 3, 7))
    assert Asked() | Asked() == Asked()


@pytest.mark.parametrize("inside", WITHIN)
@pytest.mark.parametrize(
    ("condition", "asked"),
    [
        (InSegment(("regular",)), Asked(segments=True)),
        (WithConsent(("marketing",)), Asked(consents=True)),
        (NearBirthday(5), Asked(near_birthday=(5,))),
        (OfTier(("gold",)), Asked()),
    ],
)
def test_a_question_is_found_wherever_it_stands(
    inside: Callable[[Condition], Condition], condition: Condition, asked: Asked
) -> None:
    made = rules(BASE, rule("odd", FIVE, when=inside(condition)))
    assert asked_of(made) == asked
    assert names_tiers(made) is isinstance(condition, OfTier)


def test_a_rule_is_told_with_its_days_where_it_has_any() -> None:
    since, until = date(2026, 3, 1), date(2026, 4, 1)
    assert sentence(rule("a", FIVE)) == "on purchase: add: 5 points"
    assert sentence(rule("a", FIVE, since=since)) == "on purchase from 2026-03-01: add: 5 points"
    assert sentence(rule("a", FIVE, until=until)) == "on purchase until before 2026-04-01: add: 5 points"


def test_attributes_with_values_and_a_range_are_told_with_both() -> None:
    assert said_of_condition(HasAttribute("legs", (3, "4"), Decimal(4), Decimal(9))) == (
        "legs is one of 3 or 4 and at least 4 and below 9"
    )
    assert said_of_condition(HasAttribute("legs", (), Decimal(4))) == "legs is at least 4"


@pytest.mark.parametrize(
    ("window", "said"),
    [("day", "in a day"), ("week", "in a week"), ("month", "in a month"), ("year", "in a year"), ("ever", "in all")],
)
def test_a_limit_is_told_with_its_window(window: Window, said: str) -> None:
    assert said_of_limit(Limit(9, window), "from all members") == f"at most 9 points {said}, from all members"


def test_a_limit_that_leaves_no_more_is_told_with_whose_it_is_and_when() -> None:
    made = rules(
        rule("own", FIVE, caps=(Limit(1, "week"),)),
        rule("rest", TEN, budgets=(Limit(2, "day"),)),
        caps=(Limit(100, "year"),),
        budgets=(Limit(2, "year"),),
    )
    assert explained(made, trace_of(made, bought("1"))) == [
        "own (version 7): add: 5 points: 5, of which 1 granted:"
        " the cap of own in points for the week of 2026-03-02 leaves no more",
        "rest (version 7): add: 10 points: 10, of which 1 granted:"
        " the budget of the programme in points for the year of 2026-01-01 leaves no more",
        "in all: 2 points",
    ]
    tight = rules(rule("own", FIVE), caps=(Limit(3, "ever"),))
    assert explained(tight, trace_of(tight, bought("1")))[0] == (
        "own (version 7): add: 5 points: 5, of which 3 granted:"
        " the cap of the programme in points for all time leaves no more"
    )


def test_what_comes_after_the_first_is_told_as_passed_over() -> None:
    made = rules(
        rule("a", FIVE, TEN, priority=1, when=OnWeekday(("sat",))), rule("b", TEN), stacking=Stacking(add="first")
    )
    assert explained(made, trace_of(made, bought("1"))) == [
        "a (version 7): add: 5 points: 5",
        "a (version 7): effect 2 passed over: another of its phase comes first",
        "b (version 7): effect 1 passed over: another of its phase comes first",
        "in all: 5 points",
    ]


def test_a_trace_in_several_currencies_is_summed_by_currency() -> None:
    made = rules(rule("base", Base(PerAmount(5), "miles"), Base(PerAmount(1))))
    assert explained(made, trace_of(made, bought("3")))[-1] == "in all: 15 miles, 3 points"


def test_a_tiers_multiplier_is_told_as_its_benefit() -> None:
    assert (
        said_of_benefit(Decimal("1.5"), "miles") == "multiply: 1.5 times the base in miles, as the benefit of the tier"
    )


def test_a_rule_set_shares_where_it_or_one_of_its_rules_has_a_budget() -> None:
    assert not rules(BASE, rule("a", FIVE, caps=(Limit(1, "day"),)), caps=(Limit(9, "day"),)).shares
    assert rules(BASE, rule("a", FIVE, budgets=(Limit(1, "day"),))).shares
    assert rules(BASE, budgets=(Limit(1, "day"),)).shares
    assert not RuleSet().shares
    assert asked_of(rules(BASE, rule("two", Multiply(Decimal(2))))) == Asked()
