"""The bounds of the rule language: the largest and the smallest that a rule may say has no fault, and no more does."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.loyalty.domain.rules.amounts import Amount, Fixed, PerAmount, PerItem, PerUnit, Share, Step, Steps
from services.loyalty.domain.rules.check import faults_of
from services.loyalty.domain.rules.conditions import (
    All,
    AnyOf,
    AtHours,
    Condition,
    HasAttribute,
    InDates,
    InMoney,
    NearBirthday,
    OfAmount,
    OfTier,
    OverChannel,
)
from services.loyalty.domain.rules.fault import Known
from services.loyalty.domain.rules.language import Add, Base, Cap, Effect, Group, Limit, Multiply, Rule, RuleSet
from tests.loyalty.rule_sets import KNOWN, rule

FIVE = Add(Fixed(5))
BASE = rule("base", Base(PerAmount(1)))
LARGEST = 2**63 - 1


def at(*those: Rule, known: Known = KNOWN, **more: Any) -> list[str]:
    """Return where the faults are."""
    return [fault.at for fault in faults_of(RuleSet(those, **more), known)]


WITHIN: list[Effect] = [
    Add(Fixed(1)),
    Add(PerAmount(1, Decimal("0.001"))),
    Add(PerAmount(1, Decimal("999999999999999.999999"))),
    Add(Steps((Step(Decimal(0), 5), Step(Decimal("0.000001"), 5)))),
    Add(Steps(tuple(Step(Decimal(number), 1) for number in range(100)))),
    Add(Share(Decimal(1000))),
    Add(Share(Decimal("0.000001"))),
    Multiply(Decimal(1)),
    Multiply(Decimal(1000)),
    Cap(0),
    Cap(LARGEST),
]


@pytest.mark.parametrize("effect", WITHIN)
def test_an_effect_may_be_as_large_and_as_small_as_this(effect: Effect) -> None:
    assert at(BASE, rule("edge", effect)) == []


BEYOND: list[tuple[Effect, str]] = [
    (Add(Fixed(LARGEST + 1)), "/amount/points"),
    (Add(PerAmount(1, Decimal(10**15))), "/amount/each"),
    (Add(PerUnit("nights", 1, Decimal("0.0000001"))), "/amount/each"),
    (Add(Steps(tuple(Step(Decimal(number), 1) for number in range(101)))), "/amount/steps"),
    (Add(Share(Decimal("1000.000001"))), "/amount/share"),
    (Multiply(Decimal("1000.000001")), "/by"),
    (Multiply(Decimal("0.999999")), "/by"),
    (Cap(LARGEST + 1), "/points"),
]


@pytest.mark.parametrize(("effect", "where"), BEYOND)
def test_an_effect_may_not_be_larger_or_smaller(effect: Effect, where: str) -> None:
    assert at(BASE, rule("edge", effect)) == [f"/rules/1/effects/0{where}"]


HOLDING: list[Condition] = [
    NearBirthday(0),
    NearBirthday(60),
    InDates(date(1970, 1, 1), date(1970, 1, 2)),
    InDates(date(2999, 12, 30), date(2999, 12, 31)),
    AtHours("00:00", "23:59"),
    AtHours("19:59", "09:00"),
    OfAmount(Decimal(0)),
    OfAmount(Decimal(0), Decimal("0.000001")),
    OfAmount(Decimal("999999999999999")),
    OverChannel(("web",) * 1000),
    HasAttribute("legs", ("1",) * 1000),
    InMoney(("EUR", "USD")),
    All((OfTier(("gold",)),) * 1000),
    AnyOf((OfTier(("gold",)),)),
]


@pytest.mark.parametrize("condition", HOLDING)
def test_a_condition_may_reach_as_far_as_this(condition: Condition) -> None:
    assert at(rule("edge", FIVE, when=condition)) == []


FAR: list[tuple[Condition, str]] = [
    (InDates(date(2999, 12, 31), date(3000, 1, 1)), "/until"),
    (InDates(date(1969, 12, 31), date(1970, 1, 1)), "/since"),
    (AtHours("00:00", "23:60"), "/until"),
    (AtHours("20:61", "09:00"), "/since"),
    (AtHours("09:00:00", "10:00"), "/since"),
    (OfAmount(Decimal(10**15)), "/at_least"),
    (OfAmount(below=Decimal("0.0000001")), "/below"),
    (OfAmount(Decimal("NaN"), Decimal(1)), "/at_least"),
    (OfAmount(Decimal(1), Decimal("Infinity")), "/below"),
    (HasAttribute("legs", ("1",) * 1001), "/any_of"),
    (InMoney(("EURO",)), "/any_of"),
    (All((OfTier(("gold",)),) * 1001), "/of"),
    (AnyOf(()), "/of"),
]


@pytest.mark.parametrize(("condition", "where"), FAR)
def test_a_condition_may_not_reach_farther(condition: Condition, where: str) -> None:
    assert at(rule("edge", FIVE, when=condition)) == [f"/rules/0/when{where}"]


@pytest.mark.parametrize(
    "edge",
    [
        rule("a" * 64, FIVE),
        rule("9-lives", FIVE),
        rule("edge", *[FIVE] * 20),
        rule("edge", FIVE, priority=1000),
        rule("edge", FIVE, priority=-1000),
        rule("edge", FIVE, name="x" * 200),
        rule("edge", FIVE, since=date(1970, 1, 1), until=date(2999, 12, 31)),
        rule("edge", FIVE, caps=(Limit(0, "ever"), Limit(LARGEST, "day"))),
        rule("edge", FIVE, caps=(Limit(5, "day"), Limit(5, "day", "miles"), Limit(5, "week"))),
        rule("best", FIVE),
    ],
)
def test_a_rule_may_say_as_much_as_this(edge: Rule) -> None:
    assert at(edge) == []


@pytest.mark.parametrize(
    ("edge", "where"),
    [
        (rule("a" * 65, FIVE), "/id"),
        (rule("-a", FIVE), "/id"),
        (rule("edge", *[FIVE] * 21), "/effects"),
        (rule("edge", FIVE, since=date(3000, 1, 1)), "/since"),
        (rule("edge", FIVE, caps=(Limit(LARGEST + 1, "day"),)), "/caps/0/points"),
        (rule("edge", FIVE, budgets=(Limit(LARGEST + 1, "day"),)), "/budgets/0/points"),
        (rule("edge", FIVE, budgets=(Limit(1, "day"), Limit(1, "ever"))), "/budgets/1"),
    ],
)
def test_a_rule_may_not_say_more(edge: Rule, where: str) -> None:
    assert at(edge) == [f"/rules/0{where}"]


def test_a_set_holds_five_hundred_rules() -> None:
    many = [rule(f"r{number}", FIVE) for number in range(501)]
    assert at(*many[:500]) == []
    assert at(*many) == ["/rules"]


def test_budgets_of_the_whole_end_and_its_caps_need_not() -> None:
    assert at(BASE, budgets=(Limit(1, "day"), Limit(1, "ever"))) == ["/budgets/1/window"]
    assert at(BASE, caps=(Limit(1, "ever"),)) == []
    assert at(rule("a", FIVE, groups=("g",)), rule("b", FIVE, groups=("best",)), groups=(Group("g"),)) == [
        "/rules/1/groups"
    ]


OVERFLOWS: list[tuple[Amount, Amount]] = [
    (Fixed(LARGEST - 1), Fixed(LARGEST)),
    (PerItem(9_223_372_036_854), PerItem(9_223_372_036_855)),
    (PerUnit("nights", 9223), PerUnit("nights", 9224)),
    (
        Steps((Step(Decimal(0), 1), Step(Decimal(1), LARGEST - 1))),
        Steps((Step(Decimal(0), 1), Step(Decimal(1), LARGEST))),
    ),
]


@pytest.mark.parametrize(("fits", "passes"), OVERFLOWS)
def test_what_a_fact_could_earn_together_fits_into_64_bits_to_the_point(fits: Amount, passes: Amount) -> None:
    one = rule("one", Base(Fixed(1)))
    assert at(one, rule("large", Add(fits))) == []
    assert at(one, rule("large", Add(passes))) == ["/rules/1/effects"]


def test_a_factor_and_what_tiers_multiply_count_for_what_could_be_earned() -> None:
    half = rule("half", Base(Fixed(2**62)))
    assert at(half, known=Known(multiplier=Decimal("1.999999"))) == []
    assert at(half, known=Known(multiplier=Decimal(2))) == ["/rules/0/effects"]
    # Of rules that give equally much the first is named.
    assert at(half, rule("double", Multiply(Decimal(2)))) == ["/rules/0/effects"]
    assert at(half, rule("triple", Multiply(Decimal(3)))) == ["/rules/1/effects"]
    assert at(half, rule("a", Multiply(Decimal("1.5"))), rule("b", Multiply(Decimal("1.5")))) == ["/rules/0/effects"]
    assert at(half, rule("share", Add(Share(Decimal("0.999999"))))) == []
    assert at(half, rule("share", Add(Share(Decimal(1))))) == ["/rules/0/effects"]
    assert at(half, rule("share", Add(Share(Decimal(2))))) == ["/rules/1/effects"]


def test_a_rule_that_could_give_too_much_is_named_once_and_each_rule_by_its_own_currency() -> None:
    too_many = rule("large", Base(PerAmount(9224)), Base(PerAmount(9224), "miles"), on=("purchase", "survey"))
    assert at(too_many) == ["/rules/0/effects"]
    miles = rule("miles", Base(PerAmount(9300), "miles"))
    points = rule("points", Base(PerAmount(9224)))
    assert at(miles, points) == ["/rules/0/effects", "/rules/1/effects"]
    assert at(rule("one", Base(Fixed(1))), rule("large", Add(Fixed(LARGEST), "miles"))) == []
    few_miles = rule("miles", Base(Fixed(1), "miles"))
    assert at(few_miles, rule("large", Base(Fixed(1)), Add(Fixed(LARGEST)))) == ["/rules/1/effects"]


def test_what_could_be_earned_counts_full_units_alone() -> None:
    assert at(rule("one", Base(PerAmount(6 * 10**18, Decimal(6 * 10**14))))) == []
    assert at(rule("two", Base(PerAmount(6 * 10**18, Decimal(5 * 10**14))))) == ["/rules/0/effects"]
