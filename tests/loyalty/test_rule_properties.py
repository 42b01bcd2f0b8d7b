"""What holds of any rule set without faults, and of any facts."""

from collections import Counter
from decimal import Decimal
from itertools import pairwise
from random import Random

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st
from msgspec import structs

from services.loyalty.domain.rules.check import faults_of
from services.loyalty.domain.rules.compiled import compiled
from services.loyalty.domain.rules.evaluate import effects
from services.loyalty.domain.rules.explain import explained
from services.loyalty.domain.rules.fact import Fact, Member
from services.loyalty.domain.rules.fault import Known
from services.loyalty.domain.rules.language import RuleSet
from services.loyalty.domain.rules.trace import PHASES, Trace
from tests.loyalty.rule_sets import CENTS, KNOWN, MEMBERS, facts, rule_sets, trace_of

CURRENCIES = ("points", "miles")
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "Pacific/Auckland"])


def totals(trace: Trace) -> list[int]:
    return [trace.granted(currency) for currency in CURRENCIES]


@settings(max_examples=150, deadline=None)
@for_all(rule_sets(), facts(), MEMBERS, ZONES)
def test_effects_come_in_the_order_of_phases_each_granted_at_most_what_it_wanted(
    made: RuleSet, fact: Fact, member: Member, zone: str
) -> None:
    trace = trace_of(made, fact, member, zone)
    phases = [PHASES.index(grant.phase) for grant in trace.grants]
    assert phases == sorted(phases)
    assert all(0 <= grant.granted <= grant.desired for grant in trace.grants)
    assert all(grant.limit for grant in trace.grants if grant.granted < grant.desired)
    assert explained(made, trace)


@settings(max_examples=100, deadline=None)
@for_all(rule_sets(), st.lists(facts(), max_size=8), MEMBERS, ZONES)
def test_no_cap_and_no_budget_is_ever_exceeded(made: RuleSet, those: list[Fact], member: Member, zone: str) -> None:
    rules, used = compiled(made, zone), Counter[str]()
    most = {
        f"{whose}:{one}:{limit.points_currency}:{limit.window}": limit.points
        for one, caps, budgets in (("*", made.caps, made.budgets), *((r.id, r.caps, r.budgets) for r in made.rules))
        for whose, limits in (("member", caps), ("all", budgets))
        for limit in limits
    }
    granted = Counter[str]()
    for fact in those:
        trace = effects(rules, fact, member, used)
        used.update(trace.uses)
        for grant in trace.grants:
            granted[grant.points_currency] += grant.granted
    for key, points in used.items():
        assert points <= most[key.rpartition(":")[0]]
    for limit in made.caps:
        counted = sum(
            n for key, n in used.items() if key.startswith(f"member:*:{limit.points_currency}:{limit.window}:")
        )
        assert counted == granted[limit.points_currency]


@settings(max_examples=200, deadline=None)
@for_all(rule_sets(), facts(), MEMBERS, CENTS, CENTS)
def test_the_more_is_returned_the_less_is_left_and_a_full_return_leaves_nothing(
    made: RuleSet, fact: Fact, member: Member, first: Decimal, second: Decimal
) -> None:
    returns = [Decimal(0), min(first, fact.amount), min(first + second, fact.amount)]
    left = [totals(trace_of(made, structs.replace(fact, returned=part), member)) for part in returns]
    for more, less in pairwise(left):
        assert all(before >= after for before, after in zip(more, less, strict=True))
    if fact.amount:
        assert totals(trace_of(made, structs.replace(fact, returned=fact.amount), member)) == [0, 0]


@settings(max_examples=100, deadline=None)
@for_all(rule_sets(), facts(), MEMBERS, CENTS)
def test_rules_without_an_upper_bound_give_no_less_for_a_larger_amount(
    made: RuleSet, fact: Fact, member: Member, more: Decimal
) -> None:
    plain = structs.replace(made, rules=tuple(structs.replace(rule, when=None) for rule in made.rules))
    smaller = structs.replace(fact, tax=Decimal(0), paid_with_points=Decimal(0))
    larger = structs.replace(smaller, amount=fact.amount + more)
    before, after = totals(trace_of(plain, smaller, member)), totals(trace_of(plain, larger, member))
    assert before[0] <= after[0]
    # A group that picks the best of one currency may come to prefer what gives less of another.
    assert before[1] <= after[1] or made.groups


@settings(max_examples=100, deadline=None)
@for_all(rule_sets(), facts(), MEMBERS, st.randoms(use_true_random=False))
def test_the_order_of_rules_in_the_file_changes_nothing(
    made: RuleSet, fact: Fact, member: Member, random: Random
) -> None:
    shuffled = list(made.rules)
    random.shuffle(shuffled)
    other = structs.replace(made, rules=tuple(shuffled))
    assert faults_of(other, KNOWN) == []
    assert trace_of(other, fact, member) == trace_of(made, fact, member)


@settings(max_examples=100, deadline=None)
@for_all(rule_sets(), facts(), MEMBERS)
def test_what_the_limits_had_given_before_is_all_that_a_second_reckoning_needs(
    made: RuleSet, fact: Fact, member: Member
) -> None:
    first = trace_of(made, fact, member)
    kept = {key: points + first.uses.get(key, 0) // 2 for key, points in first.used.items()}
    later = trace_of(made, fact, member, used=kept)
    assert trace_of(made, fact, member, used=later.used) == later


@settings(max_examples=50, deadline=None)
@for_all(rule_sets())
def test_a_currency_that_is_declared_no_longer_is_named_by_every_rule_that_gives_it(made: RuleSet) -> None:
    faults = faults_of(made, Known(("miles",), KNOWN.tiers, KNOWN.partners))
    giving = {rule.id for rule in made.rules for effect in rule.effects if effect.points_currency == "points"}
    assert giving <= {fault.rule for fault in faults}
