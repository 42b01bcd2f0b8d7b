"""Other rules over a period that has been, by hand: what changes, what doesn't, and who is affected."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from msgspec import structs

from services.loyalty.domain.liability.assumptions import Assumptions
from services.loyalty.domain.liability.cohort import Cohort, Moved
from services.loyalty.domain.rules.amounts import Fixed, PerAmount
from services.loyalty.domain.rules.conditions import FirstPurchase
from services.loyalty.domain.rules.fact import Fact
from services.loyalty.domain.rules.language import Add, Base, Limit, RuleSet
from services.loyalty.domain.tiers.table import Tier, TierTable
from services.loyalty.domain.what_if.alternative import alternative_of
from services.loyalty.domain.what_if.asked import Asked
from services.loyalty.domain.what_if.outcome import Outcome, outcome_of
from services.loyalty.domain.what_if.shares import Shares, Use
from shared.errors import Invalid
from tests.loyalty.loyalty_facts import ANNA, BERT, day
from tests.loyalty.rule_sets import rule, rules
from tests.loyalty.what_if_facts import NOW, Log, asked, document, played, published

BASE = rules(rule("base", Base(PerAmount(1))))
DOUBLE = {"earning": {"rules": {"double": {"on": ["purchase"], "effects": [{"type": "multiply", "by": "2"}]}}}}
ASSUMED = Assumptions(Decimal("0.01"), Decimal("0.8"))


def order(name: str, amount: str, on: float) -> Fact:
    return Fact("purchase", "shop", name, day(on), Decimal(amount), "EUR")


def told(programme: Any, *those: tuple[UUID, Fact]) -> Log:
    log = Log(programme)
    for who, fact in those:
        log.tell(fact, who)
    return log


def outcome(log: Log, what: Asked, moved: Sequence[Moved] = ()) -> Outcome:
    return outcome_of(played(log, what).tally, moved, day(89).date().replace(day=1), lambda *_: ASSUMED)


def points(found: Outcome, currency: str = "points") -> tuple[int, int]:
    (line,) = [line for line in found.points if line.currency == currency]
    return line.real, line.simulated


TWO = ((ANNA, order("o1", "10.50", 1)), (BERT, order("o2", "20", 2)), (ANNA, order("o3", "5", 3)))


def test_double_points_double_what_was_earned_and_say_by_which_rule() -> None:
    found = outcome(told(published(BASE), *TWO), asked(patch=DOUBLE))
    assert points(found) == (35, 70)
    assert [(line.rule, line.real.granted, line.simulated.granted) for line in found.rules] == [
        ("base", 35, 35),
        ("double", 0, 35),
    ]
    assert (found.accounts, found.members, found.facts, found.gaining, found.losing) == (2, 2, 3, 2, 0)


def test_only_facts_of_the_period_are_played() -> None:
    log = told(published(BASE), *TWO, (BERT, order("o4", "100", -1)), (BERT, order("o5", "100", 90)))
    assert points(outcome(log, asked(patch=DOUBLE))) == (35, 70)
    assert points(outcome(log, asked(patch=DOUBLE, since=day(2)))) == (25, 50)
    assert points(outcome(log, asked(patch=DOUBLE, until=day(2)))) == (10, 20)


def test_those_who_are_most_affected_are_named_first_and_no_more_of_them_than_asked_for() -> None:
    found = outcome(told(published(BASE), *TWO), asked(patch=DOUBLE))
    assert [(line.customer_id, line.points[0].real, line.points[0].simulated) for line in found.affected] == [
        (BERT, 20, 40),
        (ANNA, 15, 30),
    ]
    assert [
        line.customer_id for line in outcome(told(published(BASE), *TWO), asked(patch=DOUBLE, members=1)).affected
    ] == [BERT]


def test_a_return_takes_back_by_the_other_rules_too() -> None:
    log = told(published(BASE), (ANNA, order("o1", "10.50", 1)))
    log.give_back("r1", "o1", Decimal("0.60"), on=day(3))
    found = outcome(log, asked(patch=DOUBLE))
    assert points(found) == (9, 18)
    log.give_back("r2", "o1", Decimal("9.90"), on=day(4))
    assert points(outcome(log, asked(patch=DOUBLE))) == (0, 0)


def test_a_fact_that_was_told_late_takes_a_welcome_from_the_later_one_in_the_play_too() -> None:
    welcome = document(rules(rule("base", Base(PerAmount(1))), rule("welcome", Add(Fixed(50)), when=FirstPurchase())))
    log = told(published(BASE), (ANNA, order("o2", "20", 2)), (ANNA, order("o1", "10", 1)))
    play = played(log, asked(document=welcome)).plays[ANNA]
    assert {key: sum(of.values()) for key, of in play.simulated.stands.items()} == {"shop:o1": 60, "shop:o2": 20}


def test_an_order_of_before_the_period_is_an_earlier_one_however_late_it_is_told() -> None:
    welcome = document(rules(rule("base", Base(PerAmount(1))), rule("welcome", Add(Fixed(50)), when=FirstPurchase())))
    log = told(published(BASE), (ANNA, order("o2", "20", 2)), (ANNA, order("o1", "10", -1)))
    assert points(outcome(log, asked(document=welcome))) == (20, 20)


def test_what_was_earned_in_a_window_before_the_period_counts_for_its_cap() -> None:
    capped = rules(rule("base", Base(PerAmount(1))), caps=(Limit(100, "month"),))
    log = told(published(capped), (ANNA, order("o1", "70", -2)), (ANNA, order("o2", "50", 1)))
    tripled = document(rules(rule("base", Base(PerAmount(3))), caps=(Limit(100, "month"),)))
    found = outcome(log, asked(document=tripled))
    assert points(found) == (30, 30)
    assert found.rules[0].simulated.desired == 150


def test_a_budget_goes_to_those_whose_facts_were_told_first() -> None:
    shared = document(rules(rule("base", Base(PerAmount(1)), budgets=(Limit(25, "month"),))))
    log = told(published(BASE), *reversed(TWO))
    result = played(log, asked(document=shared))
    stands = {key: sum(of.values()) for play in result.plays.values() for key, of in play.simulated.stands.items()}
    assert stands == {"shop:o3": 5, "shop:o2": 20, "shop:o1": 0}
    assert result.rounds > 1
    assert outcome(log, asked(document=shared)).budgets[0].simulated == 25


def test_a_limit_binds_once_its_peak_is_above_it() -> None:
    uses = [Use(1, "all:*:points:ever:", 20), Use(2, "all:*:points:ever:", 5), Use(3, "all:*:points:ever:", -10)]
    assert not Shares(uses).bind({"all:*:points:ever": 25})
    assert Shares(uses).bind({"all:*:points:ever": 24})
    assert Shares(uses).before(3) == {"all:*:points:ever:": 25}
    assert Shares(uses).before(1) == {}


def test_a_closed_account_would_have_got_nothing_more_either() -> None:
    log = told(published(BASE), TWO[0])
    log.close()
    log.tell(order("o9", "100", 5))
    assert points(outcome(log, asked(patch=DOUBLE))) == (10, 20)


TABLE = TierTable((Tier("member", 0), Tier("silver", 30), Tier("gold", 100)), "points")


def test_another_tier_table_moves_members_at_other_moments() -> None:
    log = told(published(BASE, tiers=TABLE), *TWO, (BERT, order("o6", "15", 20)))
    easier = {"tiers": {"tiers": [{"name": "member", "threshold": 0}, {"name": "silver", "threshold": 12}]}}
    found = outcome(log, asked(patch=easier))
    assert {line.key: (line.real, line.simulated) for line in found.tiers} == {"member": (1, 0), "silver": (1, 2)}
    assert [(line.before, line.after, line.real, line.simulated) for line in found.moves] == [
        ("member", "silver", 1, 2)
    ]
    (anna,) = [line for line in found.affected if line.customer_id == ANNA]
    assert (anna.tier, anna.tier_simulated) == ("member", "silver")


def test_more_points_reach_a_tier_by_the_same_table() -> None:
    log = told(published(BASE, tiers=TABLE), *TWO)
    found = outcome(log, asked(patch=DOUBLE))
    assert {line.key: (line.real, line.simulated) for line in found.tiers} == {"member": (2, 0), "silver": (0, 2)}


def test_cost_is_what_the_points_are_worth_when_they_are_redeemed_as_expected() -> None:
    (line,) = outcome(told(published(BASE), *TWO), asked(patch=DOUBLE)).money
    assert (line.money, line.cost, line.cost_simulated) == ("EUR", Decimal("0.28"), Decimal("0.56"))


def test_the_liability_is_the_real_one_and_what_the_rules_would_have_added_to_it() -> None:
    """By hand: 35.50 was paid, for 35 points that are worth 0.28 as expected, or for 70 that are worth 0.56."""
    month = day(1).date().replace(day=1)
    cohort = Cohort(month, "points", "", "EUR")
    really = [Moved(cohort, month, issued=35, price=Decimal("35.50"), goods=Decimal("35.50"))]
    (line,) = outcome(told(published(BASE), *TWO), asked(patch=DOUBLE), really).money
    share, doubled = (
        Decimal("35.50") * part / (Decimal("35.50") + part) for part in (Decimal("0.28"), Decimal("0.56"))
    )
    assert line.liability == round(share, 2) == Decimal("0.28")
    assert line.liability_simulated == round(doubled, 2) == Decimal("0.55")


def test_each_version_of_the_period_is_patched_and_keeps_its_time() -> None:
    triple = rules(rule("base", Base(PerAmount(3))))
    log = Log(published(BASE, triple, since=(day(-2000), day(2))))
    log.publish()
    for who, fact in TWO:
        log.tell(fact, who)
    assert points(outcome(log, asked())) == (85, 85)
    assert points(outcome(log, asked(patch=DOUBLE))) == (85, 170)


def test_a_version_that_was_backdated_later_doesnt_change_what_was_judged_before() -> None:
    triple = rules(rule("base", Base(PerAmount(3))))
    log = Log(published(BASE, triple, since=(day(-2000), day(0))))
    log.tell(order("o1", "10", 1))
    log.publish()
    log.tell(order("o2", "10", 2))
    assert points(outcome(log, asked())) == (40, 40)
    assert points(outcome(log, asked(patch=DOUBLE))) == (40, 80)


def test_what_couldnt_be_published_cant_be_played_and_the_pointer_names_the_rule() -> None:
    broken = {
        "earning": {
            "rules": {
                "double": {"on": ["purchase"], "effects": [{"type": "base", "amount": {"type": "fixed", "points": 0}}]}
            }
        }
    }
    with pytest.raises(Invalid) as refused:
        alternative_of(asked(patch=broken), published(BASE), NOW)
    assert refused.value.problems[0][0].startswith("/earning/rules/double/effects/0")
    with pytest.raises(Invalid) as shapeless:
        alternative_of(asked(patch={"earning": {"rules": {"base": {"on": "purchase"}}}}), published(BASE), NOW)
    assert shapeless.value.problems[0][0] == "/earning/rules/base/on"
    with pytest.raises(Invalid) as other:
        alternative_of(asked(document=structs.replace(document(BASE), id="airline")), published(BASE), NOW)
    assert ("/id", "is another programme than shop") in other.value.problems


def test_a_period_before_any_version_has_nothing_to_play() -> None:
    with pytest.raises(Invalid) as refused:
        alternative_of(asked(since=day(-9000), until=day(-8999)), published(BASE), NOW)
    assert refused.value.problems[0][0] == "until"


def test_a_patch_takes_rules_away_and_leaves_the_others_as_they_are() -> None:
    both = RuleSet((*BASE.rules, *rules(rule("more", Add(Fixed(7)))).rules))
    alternative = alternative_of(asked(patch={"earning": {"rules": {"more": None}}}), published(both), NOW)
    assert alternative.instead[0].earning == BASE
