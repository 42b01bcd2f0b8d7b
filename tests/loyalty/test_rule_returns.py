"""What is left of a fact's points after a return: reckoned with what is left of the amount, never more."""

from decimal import Decimal

from services.loyalty.domain.rules.amounts import Fixed, PerAmount
from services.loyalty.domain.rules.conditions import All, AnyOf, InMoney, Not, OfAmount, OfTier
from services.loyalty.domain.rules.language import Add, Base, Cap, Group, Multiply, Stacking
from tests.loyalty.rule_sets import bought, rule, rules, trace_of

BASE = rule("base", Base(PerAmount(1)))
FIVE, TEN = Add(Fixed(5)), Add(Fixed(10))


def test_a_returned_part_is_reckoned_with_what_is_left_and_the_whole_earns_nothing() -> None:
    bonus = rule("bonus", TEN, when=OfAmount(Decimal(50)))
    made = rules(BASE, rule("double", Multiply(Decimal(2))), bonus)
    left = [
        trace_of(made, bought("60", returned=Decimal(part))).granted("points") for part in ("0", "5.50", "15", "60")
    ]
    assert left == [130, 118, 90, 0]


def test_a_return_chooses_no_other_rule_and_lifts_no_cap() -> None:
    rivals = (rule("large", TEN, groups=("g",), when=OfAmount(Decimal(50))), rule("small", FIVE, groups=("g",)))
    grouped = rules(*rivals, groups=(Group("g"),))
    assert trace_of(grouped, bought("60", returned=Decimal(20))).granted("points") == 0
    capped = rules(BASE, rule("cap", Cap(20), when=OfAmount(Decimal(50))))
    assert trace_of(capped, bought("60", returned=Decimal(20))).granted("points") == 20
    cheap = rules(
        rule("cheap", TEN, when=OfAmount(below=Decimal(50))), rule("dear", FIVE, when=Not(OfAmount(Decimal(50))))
    )
    assert trace_of(cheap, bought("60", returned=Decimal(20))).grants == ()


def test_a_return_lets_no_effect_follow_that_its_phase_had_passed_over() -> None:
    large, small = rule("large", TEN, when=OfAmount(Decimal(50))), rule("small", FIVE)
    best = rules(large, small, stacking=Stacking(add="best"))
    assert trace_of(best, bought("60", returned=Decimal(20))).granted("points") == 0
    assert trace_of(best, bought("60", returned=Decimal(5))).granted("points") == 10


def test_a_lower_bound_is_asked_of_what_is_left_however_it_is_said() -> None:
    less = OfAmount(below=Decimal(50))
    for least in (
        OfAmount(Decimal(50)),
        Not(less),
        Not(Not(OfAmount(Decimal(50)))),
        Not(AnyOf((less, OfTier(("gold",))))),
        Not(All((less, InMoney(("EUR",))))),
    ):
        made = rules(rule("large", TEN, when=least))
        kept = [trace_of(made, bought("60", returned=Decimal(part))).granted("points") for part in (10, 11)]
        assert kept == [10, 0]
