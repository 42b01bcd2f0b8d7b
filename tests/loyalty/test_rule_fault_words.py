"""A fault tells in words what is wrong, so that whoever writes a programme can mend it without asking."""

from datetime import date
from decimal import Decimal

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
from tests.loyalty.rule_sets import KNOWN, rule

BASE = rule("base", Base(PerAmount(1)))
FIVE = Add(Fixed(5))
SINCE, UNTIL = date(2026, 4, 1), date(2026, 3, 1)
NAMED = "must be up to 64 small letters, digits and hyphens, and no word of the language"


def said(made: RuleSet) -> list[str]:
    return [fault.says for fault in faults_of(made, KNOWN)]


NO_CURRENCY = "refers to the points currency mils, which the programme doesn't declare"
NO_POINTS = "must be at least 1 point, and below 2^63"
ABOVE_0 = "must be a number above 0"
SAME_LINES = Lines(("a", "b"), ("c",), ("b", "a"), ("c",))

EFFECTS: list[tuple[Effect, list[str]]] = [
    (Add(Fixed(5), "mils"), [NO_CURRENCY]),
    (Add(Fixed(0)), [NO_POINTS]),
    (Add(PerAmount(0)), [NO_POINTS]),
    (Add(PerItem(0)), [NO_POINTS]),
    (Add(PerUnit("nights", 0)), [NO_POINTS]),
    (Add(Steps((Step(Decimal(5), 0),))), [NO_POINTS]),
    (Add(PerAmount(1, Decimal(0))), [ABOVE_0]),
    (Add(PerUnit("nights", 1, Decimal(0))), [ABOVE_0]),
    (Add(Share(Decimal(0))), [ABOVE_0]),
    (Add(Steps((Step(Decimal(-1), 1),))), ["must be a number, 0 or above"]),
    (Add(PerAmount(1, Decimal("1e15"))), ["must be below 10^15"]),
    (Add(PerAmount(1, Decimal("0.0000001"))), ["must have at most 6 decimals"]),
    (Add(PerUnit("", 1)), ["names no attribute"]),
    (Add(Steps(())), ["must hold 1 to 100 steps"]),
    (Add(Steps((Step(Decimal(5), 9), Step(Decimal(5), 9)))), ["is not above the step before it"]),
    (Add(Share(Decimal(1001))), ["must be at most 1000"]),
    (Base(Share(Decimal(1))), ["can't be a share of itself: add it"]),
    (Multiply(Decimal("0.5")), ["must be 1 to 1000: to give less, lower the base"]),
    (Cap(-1), ["must be 0 or above, and below 2^63"]),
    (Add(PerItem(1, Lines(("",)))), ["holds an empty name"]),
    (
        Add(PerItem(1, SAME_LINES)),
        ["excepts what products names: a, b", "excepts what categories names: c"],
    ),
]


@pytest.mark.parametrize(("effect", "says"), EFFECTS)
def test_what_is_wrong_with_an_effect_is_told(effect: Effect, says: list[str]) -> None:
    assert said(RuleSet((BASE, rule("odd", effect)))) == says


CONDITIONS: list[tuple[Condition, list[str]]] = [
    (OverChannel(()), ["names nothing, so it can never hold"]),
    (OverChannel(("web", "")), ["holds an empty name"]),
    (OverChannel(("web",) * 1001), ["must hold at most 1000 names"]),
    (OfTier(("golden", "gold", "black")), ["refers to the tier golden, black, which the programme doesn't have"]),
    (WithPartner(("motel",)), ["refers to the partner motel, which the programme doesn't have"]),
    (InMoney(("euro", "USD", "eur")), ["must be ISO codes such as EUR, and not euro, eur"]),
    (All(()), ["must hold 1 to 1000 conditions"]),
    (Bought(Lines()), ["must name products or categories"]),
    (AtHours("9:00", "24:00"), ["must be a time such as 09:30", "must be a time such as 09:30"]),
    (AtHours("09:00", "09:00"), ["is an empty window: it ends when it begins"]),
    (InDates(SINCE, UNTIL), ["is not after since (2026-04-01): the days are out of order"]),
    (InDates(date(1969, 12, 31), SINCE), ["must be a day of 1970 to 2999"]),
    (NearBirthday(61), ["must be 0 to 60 days"]),
    (OfAmount(), ["has no bound: name at_least or below"]),
    (OfAmount(Decimal(-1)), ["must be a number, 0 or above"]),
    (OfAmount(below=Decimal(0)), [ABOVE_0]),
    (OfAmount(Decimal(5), Decimal(5)), ["is not above at_least"]),
    (OfAmount(Decimal(5), counted=Counted(lines=Lines(("",)))), ["holds an empty name"]),
    (HasAttribute(""), ["names no attribute"]),
]


@pytest.mark.parametrize(("condition", "says"), CONDITIONS)
def test_what_is_wrong_with_a_condition_is_told(condition: Condition, says: list[str]) -> None:
    assert said(RuleSet((BASE, rule("odd", FIVE, when=condition)))) == says


def test_a_condition_that_lies_too_deep_is_told() -> None:
    deep: Condition = OfTier(("gold",))
    for _ in range(8):
        deep = Not(deep)
    assert said(RuleSet((rule("deep", FIVE, when=deep),))) == ["lies deeper than 8 conditions in one another"]


RULES: list[tuple[Rule, str]] = [
    (rule("Odd one", FIVE), NAMED),
    (rule("tier-benefit", FIVE), NAMED),
    (rule("base", FIVE), "names a second rule as another one is named"),
    (rule("odd", FIVE, on=()), "names no trigger, so the rule can never take effect"),
    (rule("odd"), "must hold 1 to 20 effects"),
    (rule("odd", FIVE, priority=-1001), "must be -1000 to 1000"),
    (rule("odd", FIVE, name="x" * 201), "must be at most 200 characters"),
    (rule("odd", FIVE, since=SINCE, until=UNTIL), "is not after since (2026-04-01): the days are out of order"),
    (rule("odd", FIVE, caps=(Limit(-1, "day"),)), "is a cap below zero, or not below 2^63"),
    (rule("odd", FIVE, budgets=(Limit(-1, "day"),)), "is a budget below zero, or not below 2^63"),
    (rule("odd", FIVE, caps=(Limit(1, "day"), Limit(2, "day"))), "is a second cap on the same points and window"),
    (rule("odd", FIVE, budgets=(Limit(1, "day"), Limit(2, "day"))), "is a second budget on the same points and window"),
    (rule("odd", FIVE, caps=(Limit(1, "day", "mils"),)), NO_CURRENCY),
    (
        rule("odd", FIVE, budgets=(Limit(1, "ever"),)),
        "is a budget for ever on a rule that never ends: name the rule's until",
    ),
]


@pytest.mark.parametrize(("odd", "says"), RULES)
def test_what_is_wrong_with_a_rule_is_told(odd: Rule, says: str) -> None:
    assert said(RuleSet((BASE, odd))) == [says]


WHOLE: list[tuple[RuleSet, str]] = [
    (RuleSet((BASE,), budgets=(Limit(1, "ever"),)), "never ends: name day, week, month or year"),
    (RuleSet((BASE,), budgets=(Limit(-1, "day"),)), "is a budget below zero, or not below 2^63"),
    (RuleSet((BASE,), caps=(Limit(-1, "day"),)), "is a cap below zero, or not below 2^63"),
    (RuleSet(tuple(rule(f"r{number}", FIVE) for number in range(501))), "must hold at most 500 rules"),
    (RuleSet((rule("a", FIVE, groups=("all",)),), groups=(Group("all"),)), NAMED),
    (RuleSet((rule("a", FIVE, groups=("first",)),), groups=(Group("first"),)), NAMED),
    (RuleSet((rule("a", FIVE, groups=("tier-benefit",)),), groups=(Group("tier-benefit"),)), NAMED),
    (RuleSet((rule("a", FIVE, groups=("g",)),), groups=(Group("g", "best", "mils"),)), NO_CURRENCY),
    (
        RuleSet((rule("a", FIVE, groups=("g", "h")), rule("b", FIVE, groups=("h",))), groups=(Group("g"), Group("h"))),
        "is in exclusive groups that contradict: g, h",
    ),
    (RuleSet((rule("a", FIVE, groups=("g",)),)), "refers to the group g, which isn't declared"),
    (RuleSet((rule("a", FIVE, groups=("g",)),), groups=(Group("g"), Group("g"))), "declares the group g a second time"),
    (RuleSet((BASE,), groups=(Group("g"),)), "is a group that no rule is in: g"),
    (
        RuleSet(
            (rule("a", FIVE, groups=("g",), priority=1), rule("b", FIVE, groups=("g",))), groups=(Group("g", "first"),)
        ),
        "can never take effect: in the group g the first is picked, and a always comes before it",
    ),
    (
        RuleSet((BASE, rule("second", Base(PerAmount(2)))), Stacking(base="first")),
        "can never take effect: in the phase base in points the first is picked, and base always comes before it",
    ),
    (
        RuleSet((BASE, rule("double", Multiply(Decimal(2)), on=("survey", "referral")))),
        "multiplies a base in points that no rule gives on survey or referral",
    ),
    (
        RuleSet((rule("a", Base(PerAmount(9224))),)),
        "could give more than 2^63 - 1 points for one purchase, together with the other rules",
    ),
]


@pytest.mark.parametrize(("made", "says"), WHOLE)
def test_what_is_wrong_with_the_whole_is_told(made: RuleSet, says: str) -> None:
    assert said(made) == [says]
