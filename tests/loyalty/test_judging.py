"""What facts earn follows from when they happened: not from when they were told, or how often, or in which order."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from random import Random

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st
from msgspec import structs

from services.loyalty.domain.earning.judged import Judged
from services.loyalty.domain.earning.judging import Earnings, MemberAt, with_fact, with_return
from services.loyalty.domain.earning.rulebook import Rulebook
from services.loyalty.domain.programme.programme import Programme, Version
from services.loyalty.domain.rules.amounts import Fixed, PerAmount
from services.loyalty.domain.rules.conditions import FirstPurchase, OfTier
from services.loyalty.domain.rules.fact import Fact, Member
from services.loyalty.domain.rules.language import Add, Base, Limit, Rule, RuleSet
from tests.loyalty.programmes import SHOP
from tests.loyalty.rule_sets import SATURDAY, bought, facts, rule, rule_sets, rules


def book(*versions: RuleSet) -> Rulebook:
    """Versions that count from a day each, the first from long ago."""
    published = [
        Version(number, SATURDAY + timedelta(days=number - 1), structs.replace(SHOP, earning=made))
        for number, made in enumerate(versions, start=1)
    ]
    first = structs.replace(published[0], effective_from=SATURDAY - timedelta(days=1000))
    return Rulebook(Programme((first, *published[1:])))


def by_points(_: Fact, before: Sequence[Judged]) -> Member:
    """A member with a tier from a hundred points on, by what they earned before."""
    earned = sum(one.trace.granted("points") for one in before)
    orders = sum(one.fact.trigger == "purchase" for one in before)
    return Member("gold" if earned >= 100 else "", orders=orders)


def told(rulebook: Rulebook, *those: Fact, member_at: MemberAt = by_points) -> Earnings:
    earnings = Earnings()
    for fact in those:
        earnings = with_fact(earnings, fact, rulebook, member_at, {})
    return earnings


def points(earnings: Earnings) -> dict[str, int]:
    return {one.key: one.left.granted("points") for one in earnings.in_order}


def order(name: str, amount: str, days: float = 0) -> Fact:
    return bought(amount, order=name, at=SATURDAY + timedelta(days=days))


BASE = rule("base", Base(PerAmount(1)))
WELCOME = rule("welcome", Add(Fixed(50)), when=FirstPurchase())
GOLD = rule("gold", Add(Fixed(10)), when=OfTier(("gold",)))


def test_an_earlier_order_that_is_told_late_takes_the_welcome_from_the_later_one() -> None:
    rulebook = book(rules(BASE, WELCOME))
    assert points(told(rulebook, order("o2", "20", 2))) == {"shop:o2": 70}
    assert points(told(rulebook, order("o2", "20", 2), order("o1", "10", 1))) == {"shop:o1": 60, "shop:o2": 20}


def test_a_late_order_lifts_the_tier_that_later_ones_are_judged_by() -> None:
    rulebook = book(rules(BASE, GOLD))
    assert points(told(rulebook, order("o2", "20", 2), order("o1", "100", 1))) == {"shop:o1": 100, "shop:o2": 30}


def test_a_late_order_takes_its_share_of_a_cap_from_those_after_it() -> None:
    rulebook = book(rules(BASE, caps=(Limit(100, "month"),)))
    assert points(told(rulebook, order("o2", "80", 2), order("o1", "70", 1))) == {"shop:o1": 70, "shop:o2": 30}


def test_a_fact_counts_once_and_by_the_version_of_its_time() -> None:
    rulebook = book(rules(BASE), rules(rule("base", Base(PerAmount(3)))))
    earnings = told(rulebook, order("o1", "10", 0), order("o2", "10", 1), order("o1", "10", 0))
    assert points(earnings) == {"shop:o1": 10, "shop:o2": 30}
    assert points(with_return(earnings, "shop:o1", Decimal(4), rulebook)) == {"shop:o1": 6, "shop:o2": 30}


def test_before_any_version_nothing_is_earned() -> None:
    rulebook = Rulebook(Programme())
    earnings = with_return(told(rulebook, order("o1", "10")), "shop:o1", Decimal(4), rulebook)
    assert points(earnings) == {"shop:o1": 0}


def test_a_return_frees_nothing_of_a_cap() -> None:
    rulebook = book(rules(BASE, caps=(Limit(100, "month"),)))
    earnings = told(rulebook, order("o1", "70", 1), order("o2", "80", 2))
    assert points(with_return(earnings, "shop:o1", Decimal(70), rulebook)) == {"shop:o1": 0, "shop:o2": 30}


def test_what_all_members_share_is_asked_when_a_fact_is_told_and_kept_when_it_is_judged_again() -> None:
    spring = Rule(id="spring", on=("purchase",), effects=(Base(PerAmount(1)),), budgets=(Limit(100, "month"),))
    rulebook, budget = book(rules(spring)), "all:spring:points:month:2026-03-01"
    earnings = with_fact(Earnings(), order("o2", "80", 2), rulebook, by_points, {budget: 30})
    assert points(earnings) == {"shop:o2": 70}
    earnings = with_fact(earnings, order("o1", "80", 1), rulebook, by_points, {budget: 100})
    assert points(earnings) == {"shop:o1": 0, "shop:o2": 70}


def without_budgets(made: RuleSet) -> RuleSet:
    return structs.replace(made, budgets=(), rules=tuple(structs.replace(one, budgets=()) for one in made.rules))


MANY = st.lists(facts(), min_size=1, max_size=6)


@settings(max_examples=80, deadline=None)
@for_all(st.lists(rule_sets(), min_size=1, max_size=2), MANY, st.data(), st.randoms(use_true_random=False))
def test_any_delivery_of_facts_and_returns_ends_in_the_same_earnings(
    versions: list[RuleSet], those: list[Fact], data: st.DataObject, random: Random
) -> None:
    rulebook = book(*map(without_budgets, versions))  # those go to who comes first
    named = [structs.replace(fact, event_id=f"o{place}") for place, fact in enumerate(those)]
    returns = [
        (f"shop:o{place}", fact.amount / data.draw(st.sampled_from([1, 2, 4]))) for place, fact in enumerate(named)
    ]
    ends = []
    for _ in range(2):
        deliveries: list[Fact | tuple[str, Decimal]] = [*named, *returns, random.choice(named)]
        random.shuffle(deliveries)
        earnings = Earnings()
        for item in deliveries:
            if isinstance(item, Fact):
                earnings = with_fact(earnings, item, rulebook, by_points, {})
            else:
                earnings = with_return(earnings, *item, rulebook)
        ends.append(earnings)
    assert ends[0] == ends[1]
    for one in ends[0].in_order:
        if one.returned == one.fact.amount:
            assert one.left.grants == () or not one.fact.amount


@settings(max_examples=50, deadline=None)
@for_all(rule_sets(), MANY)
def test_a_members_caps_hold_over_all_their_facts_in_whatever_order_they_are_told(
    made: RuleSet, those: list[Fact]
) -> None:
    named = [structs.replace(fact, event_id=f"o{place}") for place, fact in enumerate(those)]
    uses: dict[str, int] = {}
    for one in told(book(made), *named).in_order:
        for key, taken in one.trace.uses.items():
            uses[key] = uses.get(key, 0) + taken
    for cap in made.caps:
        counted = [n for key, n in uses.items() if key.startswith(f"member:*:{cap.points_currency}:{cap.window}:")]
        assert all(n <= cap.points for n in counted)
