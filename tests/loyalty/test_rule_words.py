"""A rule and what it gave are told in words, with the rule's id and version."""

from datetime import date
from decimal import Decimal

import pytest

from services.loyalty.domain.rules.amounts import Amount, Fixed, PerAmount, PerItem, PerUnit, Share, Step, Steps
from services.loyalty.domain.rules.conditions import (
    All,
    AnyOf,
    AtHours,
    Bought,
    Condition,
    FirstPurchase,
    HasAttribute,
    InDates,
    NearBirthday,
    Not,
    OfAmount,
    OfTier,
    OnWeekday,
    WithConsent,
)
from services.loyalty.domain.rules.counted import Counted, Lines
from services.loyalty.domain.rules.explain import explained, sentence
from services.loyalty.domain.rules.language import Add, Base, Cap, Group, Limit, Multiply, Stacking
from services.loyalty.domain.rules.words import said_of_amount, said_of_condition, said_of_limit
from tests.loyalty.rule_sets import bought, rule, rules, trace_of

GARDEN = Lines(("spade",), ("garden",), except_categories=("garden/gifts",))


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        (PerAmount(5), "5 miles for each full 1 of the amount"),
        (
            PerAmount(1, Decimal("0.20"), Counted("excluded", "included", GARDEN)),
            "1 miles for each full 0.20 of the amount of spade or garden except garden/gifts, without tax,"
            " what points paid for included",
        ),
        (Fixed(500), "500 miles"),
        (PerItem(10, Lines(categories=("books",))), "10 miles for each item of books"),
        (PerUnit("nights", 500), "500 miles for each full 1 of nights"),
        (Steps((Step(Decimal(50), 100), Step(Decimal(100), 250))), "miles by the amount: 100 from 50, 250 from 100"),
        (Share(Decimal("0.25")), "25 % of the base in miles"),
    ],
)
def test_an_amount_is_told_in_words(amount: Amount, said: str) -> None:
    assert said_of_amount(amount, "miles") == said


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        (OfTier(("silver", "gold")), "the tier is silver or gold"),
        (Not(FirstPurchase()), "not it is the first purchase"),
        (WithConsent(("marketing", "sms")), "there is consent to marketing or sms"),
        (All((OnWeekday(("sat",)), NearBirthday(3))), "(the day is sat and the birthday is at most 3 days away)"),
        (
            AnyOf((AtHours("22:00", "02:00"), NearBirthday())),
            "(the time is from 22:00 until 02:00 or it is the birthday)",
        ),
        (InDates(date(2026, 3, 1), date(2026, 4, 1)), "the day is from 2026-03-01 until before 2026-04-01"),
        (Bought(Lines(categories=("garden",))), "something of garden was bought"),
        (OfAmount(Decimal(5), Decimal(9)), "the amount is at least 5 and below 9"),
        (HasAttribute("fare", ("flex",)), "fare is one of flex"),
        (HasAttribute("legs", below=Decimal(2)), "legs is below 2"),
        (HasAttribute("legs"), "legs is told"),
    ],
)
def test_a_condition_is_told_in_words(condition: Condition, said: str) -> None:
    assert said_of_condition(condition) == said


def test_a_rule_is_told_in_one_sentence() -> None:
    made = rule("a", Base(Fixed(5)), Cap(9), on=("purchase", "survey"), when=OfTier(("gold",)), until=date(2027, 1, 1))
    assert sentence(made) == (
        "on purchase or survey when the tier is gold until before 2027-01-01:"
        " base: 5 points; cap: at most 9 points for one fact"
    )
    assert said_of_limit(Limit(9, "month"), "for each member") == "at most 9 points in a month, for each member"


def test_a_trace_is_told_line_by_line_with_what_kept_an_effect_from_more() -> None:
    made = rules(
        rule("base", Base(PerAmount(1))),
        rule("double", Multiply(Decimal(2))),
        rule("spring", Add(Fixed(100)), caps=(Limit(30, "month"),)),
        rule("more", Add(Fixed(50)), budgets=(Limit(0, "ever"),), until=date(2027, 1, 1)),
        rule("cap", Cap(45)),
    )
    assert explained(made, trace_of(made, bought("10.50"))) == [
        "base (version 7): base: 1 points for each full 1 of the amount: 10",
        "double (version 7): multiply: 2 times the base in points: 10",
        "more (version 7): add: 50 points: 50, of which 0 granted:"
        " the budget of more in points for all time leaves no more",
        "spring (version 7): add: 100 points: 100, of which 25 granted: the cap of cap leaves no more",
        "in all: 45 points",
    ]
    assert explained(made, trace_of(made, bought("10.50", returned=Decimal("10.50")))) == ["in all: nothing"]


def test_what_was_passed_over_is_told_with_the_reason() -> None:
    five, ten = Add(Fixed(5)), Add(Fixed(10))
    grouped = rules(rule("a", five, groups=("g",)), rule("b", ten, groups=("g",)), groups=(Group("g"),))
    assert "a (version 7): effect 1 passed over: another rule of g was picked" in explained(
        grouped, trace_of(grouped, bought("1"))
    )
    best = rules(rule("a", five), rule("b", ten), stacking=Stacking(add="best"))
    assert "a (version 7): effect 1 passed over: another of its phase gives more" in explained(
        best, trace_of(best, bought("1"))
    )
