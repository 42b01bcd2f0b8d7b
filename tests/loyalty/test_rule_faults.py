"""What is wrong with a rule set is told with the rule and the field, before it can do harm."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.loyalty.domain.rules.amounts import Fixed, PerAmount, PerItem, PerUnit, Share, Step, Steps
from services.loyalty.domain.rules.check import faults_of
from services.loyalty.domain.rules.conditions import (
    All,
    AtHours,
    Bought,
    Condition,
    HasAttribute,
    InDates,
    InMoney,
    NearBirthday,
    Not,
    OfAmount,
    OfTier,
    OverChannel,
    WithPartner,
)
from services.loyalty.domain.rules.counted import Counted, Lines
from services.loyalty.domain.rules.fault import Known
from services.loyalty.domain.rules.language import (
    Add,
    Base,
    Cap,
    Effect,
    Group,
    Limit,
    Multiply,
    Rule,
    RuleSet,
    Stacking,
)
from tests.loyalty.rule_sets import KNOWN, bought, rule, rules, trace_of

BASE = rule("base", Base(PerAmount(1)))
FIVE = Add(Fixed(5))
TOO_MANY = 2**63


def found(*those: Rule, known: Known = KNOWN, **more: Any) -> list[tuple[str, str]]:
    """Return (pointer, rule) of each fault."""
    return [(fault.at, fault.rule) for fault in faults_of(RuleSet(those, **more), known)]


def test_rules_without_a_fault_have_none() -> None:
    assert found() == []
    assert found(BASE, rule("five", FIVE)) == []


EFFECTS: list[tuple[Effect, str]] = [
    (Add(Fixed(5), "mils"), "/points_currency"),
    (Add(Fixed(0)), "/amount/points"),
    (Add(Fixed(-5)), "/amount/points"),
    (Add(Fixed(TOO_MANY)), "/amount/points"),
    (Base(PerAmount(1, Decimal(0))), "/amount/each"),
    (Base(PerAmount(1, Decimal(-1))), "/amount/each"),
    (Base(PerAmount(1, Decimal("NaN"))), "/amount/each"),
    (Base(PerAmount(1, Decimal("0.0000001"))), "/amount/each"),
    (Base(PerAmount(1, Decimal("1e15"))), "/amount/each"),
    (Base(PerAmount(1, counted=Counted(lines=Lines(("",))))), "/amount/counted/lines/products"),
    (Base(PerItem(-1)), "/amount/points"),
    (Base(PerItem(1, Lines(categories=("a",), except_categories=("a",)))), "/amount/lines/except_categories"),
    (Base(PerUnit("", 1)), "/amount/attribute"),
    (Base(PerUnit("nights", 1, Decimal(0))), "/amount/each"),
    (Base(Steps(())), "/amount/steps"),
    (Base(Steps((Step(Decimal(5), 10), Step(Decimal(5), 20)))), "/amount/steps/1"),
    (Base(Steps((Step(Decimal(5), 10), Step(Decimal(6), 9)))), "/amount/steps/1"),
    (Base(Share(Decimal(1))), "/amount"),
    (Add(Share(Decimal(0))), "/amount/share"),
    (Add(Share(Decimal(1001))), "/amount/share"),
    (Multiply(Decimal("0.99")), "/by"),
    (Multiply(Decimal(1001)), "/by"),
    (Multiply(Decimal("Infinity")), "/by"),
    (Cap(-1), "/points"),
    (Cap(TOO_MANY), "/points"),
]


@pytest.mark.parametrize(("effect", "at"), EFFECTS)
def test_an_effect_that_gives_nothing_or_takes_away_or_too_much_is_named(effect: Effect, at: str) -> None:
    assert found(BASE, rule("odd", FIVE, effect)) == [(f"/rules/1/effects/1{at}", "odd")]


CONDITIONS: list[tuple[Condition, str]] = [
    (OverChannel(()), "/any_of"),
    (OverChannel(("",)), "/any_of"),
    (OfTier(("golden",)), "/any_of"),
    (WithPartner(("motel",)), "/any_of"),
    (InMoney(("euro",)), "/any_of"),
    (All(()), "/of"),
    (All((OfTier(("gold",)), OfTier(("golden",)))), "/of/1/any_of"),
    (Not(OfTier(("golden",))), "/of/any_of"),
    (Bought(Lines()), "/lines"),
    (AtHours("9:00", "10:00"), "/since"),
    (AtHours("09:00", "24:00"), "/until"),
    (AtHours("09:00", "09:00"), "/until"),
    (InDates(date(2026, 4, 1), date(2026, 4, 1)), "/until"),
    (InDates(date(1, 1, 1), date(2026, 4, 1)), "/since"),
    (NearBirthday(-1), "/days"),
    (NearBirthday(61), "/days"),
    (OfAmount(), ""),
    (OfAmount(Decimal(-1)), "/at_least"),
    (OfAmount(Decimal(5), Decimal(5)), "/below"),
    (OfAmount(below=Decimal(0)), "/below"),
    (HasAttribute(""), "/name"),
    (HasAttribute("a", ("",)), "/any_of"),
    (HasAttribute("a", at_least=Decimal(2), below=Decimal(1)), "/below"),
]


@pytest.mark.parametrize(("condition", "at"), CONDITIONS)
def test_a_condition_that_can_never_hold_or_refers_to_nothing_is_named(condition: Condition, at: str) -> None:
    assert found(BASE, rule("odd", FIVE, when=condition)) == [(f"/rules/1/when{at}", "odd")]


def test_conditions_may_lie_eight_deep_in_one_another() -> None:
    deep: Condition = OfTier(("gold",))
    for _ in range(7):
        deep = Not(deep)
    assert found(rule("deep", FIVE, when=deep)) == []
    assert found(rule("deep", FIVE, when=Not(deep))) == [("/rules/0/when" + "/of" * 8, "deep")]


def test_what_is_not_known_may_be_anything() -> None:
    anywhere = All((OfTier(("golden",)), WithPartner(("motel",))))
    assert found(rule("a", FIVE, when=anywhere), known=Known()) == []


@pytest.mark.parametrize(
    ("odd", "at"),
    [
        (Rule(id="Odd one", on=("purchase",), effects=(FIVE,)), "/id"),
        (Rule(id="base", on=("purchase",), effects=(FIVE,)), "/id"),
        (Rule(id="odd", on=(), effects=(FIVE,)), "/on"),
        (Rule(id="odd", on=("purchase",), effects=()), "/effects"),
        (rule("odd", FIVE, priority=1001), "/priority"),
        (rule("odd", FIVE, name="x" * 201), "/name"),
        (rule("odd", FIVE, since=date(2026, 4, 1), until=date(2026, 3, 1)), "/until"),
        (rule("odd", FIVE, caps=(Limit(-1, "day"),)), "/caps/0/points"),
        (rule("odd", FIVE, caps=(Limit(1, "day"), Limit(2, "day"))), "/caps/1"),
        (rule("odd", FIVE, caps=(Limit(1, "day", "mils"),)), "/caps/0/points_currency"),
        (rule("odd", FIVE, budgets=(Limit(1, "ever"),)), "/budgets/0"),
    ],
)
def test_a_rule_that_contradicts_itself_or_never_ends_is_named(odd: Rule, at: str) -> None:
    assert found(BASE, odd) == [(f"/rules/1{at}", odd.id)]


def test_a_budget_for_ever_needs_an_end() -> None:
    assert found(rule("a", FIVE, budgets=(Limit(1, "ever"),), until=date(2027, 1, 1))) == []
    assert found(BASE, budgets=(Limit(1, "ever"),)) == [("/budgets/0/window", "")]
    assert found(BASE, caps=(Limit(-1, "year"),)) == [("/caps/0/points", "")]


def test_stacking_that_contradicts_is_named() -> None:
    both, one = rule("both", FIVE, groups=("g", "h")), rule("one", FIVE, groups=("h",))
    assert found(both, one, groups=(Group("g"), Group("h"))) == [("/rules/0/groups", "both")]
    assert found(rule("lost", FIVE, groups=("g",))) == [("/rules/0/groups", "lost")]
    assert found(BASE, groups=(Group("g"),)) == [("/groups/0", "")]
    assert found(rule("a", FIVE, groups=("g",)), groups=(Group("g"), Group("g"))) == [("/groups/1/id", "")]
    assert found(rule("a", FIVE, groups=("best",)), groups=(Group("best"),)) == [("/groups/0/id", "")]
    assert found(rule("a", FIVE, groups=("g",)), groups=(Group("g", "best", "mils"),)) == [
        ("/groups/0/points_currency", "")
    ]


def test_a_rule_that_another_always_takes_the_place_of_is_named() -> None:
    first = (Group("g", "first"),)
    always = rule("always", FIVE, groups=("g",), priority=1)
    never = rule("never", FIVE, groups=("g",), when=OfTier(("gold",)))
    assert found(never, always, groups=first) == [("/rules/0", "never")]
    assert found(never, always, groups=(Group("g", "best"),)) == []
    for reached in (
        rule("always", FIVE, groups=("g",), priority=1, when=OfTier(("silver",))),
        rule("always", FIVE, groups=("g",), priority=1, until=date(2027, 1, 1)),
        rule("always", FIVE, groups=("g",), priority=1, since=date(2026, 1, 1)),
        rule("always", FIVE, groups=("g",), priority=1, on=("survey",)),
        rule("always", FIVE, groups=("g",), priority=-1, when=OfTier(("silver",))),
    ):
        assert found(never, reached, groups=first) == []
    second = rule("second", Base(PerAmount(2)), when=OfTier(("gold",)))
    assert found(BASE, second, stacking=Stacking(base="first")) == [("/rules/1", "second")]
    assert found(BASE, rule("miles", Base(PerAmount(2), "miles")), stacking=Stacking(base="first")) == []


def test_a_multiplier_of_no_base_is_named() -> None:
    assert found(BASE, rule("double", Multiply(Decimal(2), "miles"))) == [("/rules/1/effects/0", "double")]
    assert found(BASE, rule("double", Multiply(Decimal(2)), on=("survey",))) == [("/rules/1/effects/0", "double")]


def test_what_could_pass_2_to_the_63_is_refused_with_the_rule_that_weighs_most() -> None:
    largest = 9223  # for 10^15 each
    assert found(rule("a", Base(PerAmount(largest)))) == []
    assert found(rule("a", Base(PerAmount(largest + 1)))) == [("/rules/0/effects", "a")]
    assert found(BASE, rule("a", Base(PerAmount(largest)))) == [("/rules/1/effects", "a")]
    assert found(rule("a", Base(PerAmount(100))), rule("b", Multiply(Decimal(93)))) == [("/rules/1/effects", "b")]
    assert found(rule("a", Base(PerAmount(100))), rule("b", Add(Share(Decimal(92))))) == [("/rules/1/effects", "b")]
    assert found(rule("a", Base(PerAmount(1, Decimal("0.0001"))))) == [("/rules/0/effects", "a")]
    assert found(rule("a", Base(PerAmount(9000))), rule("b", Base(PerAmount(9000)), on=("survey",))) == []
    assert found(rule("a", Add(PerItem(10**13)))) == [("/rules/0/effects", "a")]


def test_the_largest_order_is_granted_to_the_point_and_never_wraps() -> None:
    made = rules(rule("a", Base(PerAmount(9223))))
    assert trace_of(made, bought("999999999999999.999")).granted("points") == 9223 * 999999999999999
    assert trace_of(made, bought("9" * 20)).granted("points") == 2**63 - 1
