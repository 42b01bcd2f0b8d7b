"""What a tier gives: its multiplier of what is earned, traced and bounded, and its price of a reward."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st
from msgspec import structs

from services.loyalty.domain.earning.rulebook import tier_factors
from services.loyalty.domain.ledger.account import LARGEST
from services.loyalty.domain.programme.soundness import document_faults
from services.loyalty.domain.rules.amounts import Fixed, PerAmount, PerUnit
from services.loyalty.domain.rules.compiled import TierFactors, compiled
from services.loyalty.domain.rules.evaluate import effects
from services.loyalty.domain.rules.explain import explained
from services.loyalty.domain.rules.fact import Fact, Member
from services.loyalty.domain.rules.language import Add, Base, Cap, Group, Limit, Multiply, RuleSet, Stacking
from services.loyalty.domain.rules.trace import Trace
from services.loyalty.domain.tiers.commands import Basis
from services.loyalty.domain.tiers.enrolment import Enrolment
from services.loyalty.domain.tiers.pricing import LIST_PRICE, TierPrice, price_by_tier
from services.loyalty.domain.tiers.table import Benefits, Tier, TierTable
from tests.loyalty.programmes import SHOP
from tests.loyalty.reward_facts import offer
from tests.loyalty.rule_sets import SATURDAY, bought, facts, given, rule, rule_sets, rules
from tests.loyalty.tier_facts import earned, granted, on, record, table

GOLD = Tier("gold", 100, benefits=Benefits(Decimal("1.5"), Decimal("0.9")))
TIERS = TierTable((Tier("member", 0), GOLD), currency="tier-points")
CLUB = structs.replace(SHOP, tiers=TIERS)
BASE, DOUBLE = rule("base", Base(PerAmount(1))), rule("double", Multiply(Decimal(2)))


def trace_of(made: RuleSet, fact: Fact, tier: str = "gold") -> Trace:
    return effects(compiled(made, "UTC", 1, tier_factors(CLUB)), fact, Member(tier), {})


def test_a_tier_multiplies_the_base_and_the_trace_says_so() -> None:
    trace = trace_of(rules(BASE), bought("10.50"))
    assert given(trace) == [("base", 10, 10), ("tier-benefit", 5, 5)]
    assert explained(rules(BASE), trace, Decimal("1.5"))[1:] == [
        "tier-benefit (version 1): multiply: 1.5 times the base in points, as the benefit of the tier: 5",
        "in all: 15 points",
    ]


def test_a_tier_without_a_multiplier_and_a_fact_without_a_base_say_nothing_of_it() -> None:
    assert given(trace_of(rules(BASE), bought("10"), "member")) == [("base", 10, 10)]
    assert given(trace_of(rules(rule("present", Add(Fixed(5)))), bought("10"))) == [("present", 5, 5)]
    assert given(trace_of(rules(BASE), bought("0.50"))) == [("base", 0, 0)]


def test_it_is_one_more_factor_upon_those_of_the_rules_and_adds_nothing_to_what_is_added() -> None:
    made = rules(BASE, DOUBLE, rule("more", Add(Fixed(7))))
    assert given(trace_of(made, bought("11"))) == [
        ("base", 11, 11),
        ("double", 11, 11),
        ("tier-benefit", 11, 11),  # 11 x 2 x 1.5 = 33
        ("more", 7, 7),
    ]


def test_it_comes_after_the_factors_of_all_rules_whatever_their_names_and_priorities() -> None:
    late = rule("zebra", Multiply(Decimal(2)), priority=-1000)
    assert given(trace_of(rules(BASE, late), bought("11"))) == [
        ("base", 11, 11),
        ("zebra", 11, 11),
        ("tier-benefit", 11, 11),
    ]


@pytest.mark.parametrize("pick", ["best", "first"])
def test_it_takes_effect_beside_the_one_multiplier_that_stacking_picks(pick: Any) -> None:
    triple = rule("triple", Multiply(Decimal(3)), priority=1)
    made = RuleSet((BASE, DOUBLE, triple), Stacking(multiply=pick))
    assert given(trace_of(made, bought("10"))) == [("base", 10, 10), ("triple", 20, 20), ("tier-benefit", 15, 15)]


def test_it_counts_where_a_group_asks_which_rule_gives_most() -> None:
    """Of 100 euros double points come to 300 with the tier, and 140 more to 290; without the tier to 200 and 240."""
    group = Group("campaign")
    double = rule("double", Multiply(Decimal(2)), groups=("campaign",))
    more = rule("more", Add(Fixed(140)), groups=("campaign",))
    made = RuleSet((BASE, double, more), groups=(group,))
    assert trace_of(made, bought("100")).granted("points") == 300
    assert trace_of(made, bought("100"), "member").granted("points") == 240


def test_caps_and_limits_hold_for_it_too() -> None:
    capped = rules(BASE, rule("cap", Cap(12)))
    assert given(trace_of(capped, bought("10"))) == [("base", 10, 10), ("tier-benefit", 5, 2)]
    limited = rules(BASE, caps=(Limit(11, "day"),))
    trace = trace_of(limited, bought("10"))
    assert given(trace) == [("base", 10, 10), ("tier-benefit", 5, 1)]
    assert list(trace.uses.values()) == [11]


def test_what_only_qualifies_a_present_and_a_redress_are_for_everyone_the_same() -> None:
    qualifying = RuleSet((rule("tier", Base(PerAmount(1), "tier-points")),))
    assert given(trace_of(qualifying, bought("10"))) == [("tier", 10, 10)]
    redress = rule("redress", Base(PerUnit("points", 1)), on=("redress",))
    fact = Fact("redress", "tickets", "t1", SATURDAY, attributes={"points": 40})
    assert given(trace_of(rules(redress), fact)) == [("redress", 40, 40)]
    nights = rule("nights", Base(PerUnit("nights", 100)), on=("partner-activity",))
    fact = Fact("partner-activity", "hotel", "n1", SATURDAY, attributes={"nights": 2})
    assert given(trace_of(rules(nights), fact)) == [("nights", 200, 200), ("tier-benefit", 100, 100)]


def test_a_return_takes_back_the_part_of_the_benefit_and_a_full_one_all_of_it() -> None:
    left = trace_of(rules(BASE), structs.replace(bought("10"), returned=Decimal(4)))
    assert given(left) == [("base", 6, 6), ("tier-benefit", 3, 3)]
    assert given(trace_of(rules(BASE), structs.replace(bought("10"), returned=Decimal(10)))) == []


@settings(max_examples=100, deadline=None)
@for_all(rule_sets(), facts(), st.sampled_from([Decimal("0.25"), Decimal("0.5"), Decimal("0.9"), Decimal(1)]))
def test_no_return_ever_earns_and_no_tier_earns_less(made: RuleSet, fact: Fact, part: Decimal) -> None:
    """No rule asks for the tier `plus`, so that the multiplier alone makes a difference."""
    rules_ = compiled(made, "UTC", 1, TierFactors({"plus": Decimal("1.5")}, ("points", "miles")))
    returned = structs.replace(fact, returned=(fact.amount * part).quantize(Decimal("0.01")))
    whole, after = (effects(rules_, one, Member("plus"), {}) for one in (fact, returned))
    plain = effects(rules_, fact, Member("basic"), {})
    for currency in whole.currencies():
        assert after.granted(currency) <= whole.granted(currency)
        if not made.groups:  # a group may pick another rule for the tier, which gives less in another currency
            assert whole.granted(currency) >= plain.granted(currency)


def test_the_word_is_kept_for_the_benefit_and_no_rule_can_have_it() -> None:
    named = structs.replace(CLUB, earning=RuleSet((rule("tier-benefit", Base(PerAmount(1))),)))
    assert [fault.at for fault in document_faults(named)] == ["/earning/rules/0/id"]


def test_a_multiplier_below_one_and_one_with_which_points_could_overflow_are_named() -> None:
    less = structs.replace(GOLD, benefits=Benefits(Decimal("0.9")))
    document = structs.replace(SHOP, tiers=structs.replace(TIERS, tiers=(TIERS.tiers[0], less)))
    assert [fault.at for fault in document_faults(document)] == ["/tiers/tiers/1/benefits/multiplier"]
    large = RuleSet((rule("base", Base(PerAmount(7000))),))  # 7 x 10^18 for the largest order: it fits, once
    assert document_faults(structs.replace(SHOP, earning=large)) == []
    (fault,) = document_faults(structs.replace(CLUB, earning=large))
    assert (fault.at, fault.rule) == ("/earning/rules/0/effects", "base")


@pytest.mark.parametrize(
    ("price", "factor", "pays"),
    [(100, "0.9", 90), (10, "0.95", 10), (1, "0.1", 1), (7, "1", 7), (7, "1.5", 11), (LARGEST, "2", LARGEST)],
)
def test_a_tier_makes_prices_lower_rounded_up_to_whole_points(price: int, factor: str, pays: int) -> None:
    assert offer(price=price).price_for("gold", Decimal(factor)) == pays


def test_a_price_of_the_rewards_own_for_the_tier_goes_before_the_factor() -> None:
    priced = offer(price=100, tier_prices={"gold": 95})
    assert (priced.price_for("gold", Decimal("0.5")), priced.price_for("silver", Decimal("0.5"))) == (95, 50)


def test_members_who_are_one_pay_by_the_tier_of_what_they_earned_and_were_granted_together() -> None:
    tables = table(Tier("member", 0), GOLD)
    halves = [Basis("club", tables, record(earned("2026-02-01", 50, name=name)).earnings) for name in ("a", "b")]
    now = on("2026-03-01")
    assert price_by_tier(halves[:1], [Enrolment()], now) == TierPrice("member")
    assert price_by_tier(halves, [Enrolment(), Enrolment()], now) == TierPrice("gold", Decimal("0.9"))
    by_hand = Enrolment(grants=(granted("gold", "2026-02-01", "2026-04-01"),))
    assert price_by_tier(halves[:1], [by_hand], now).tier == "gold"
    assert price_by_tier(halves[:1], [by_hand], now + timedelta(days=60)).tier == "member"
    assert price_by_tier([Basis()], [Enrolment()], now) == LIST_PRICE
