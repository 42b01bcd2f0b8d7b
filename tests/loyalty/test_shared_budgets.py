"""What all members share is never given twice: not by facts that come late, nor by tiers that they lift."""

from collections import Counter
from decimal import Decimal

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st
from msgspec import structs

from services.loyalty.domain.earning.budget import used_between
from services.loyalty.domain.earning.judging import Earnings, judged_again, with_fact
from services.loyalty.domain.earning.known import Known
from services.loyalty.domain.earning.rulebook import Rulebook
from services.loyalty.domain.programme.programme import Programme, Version
from services.loyalty.domain.rules.amounts import PerAmount
from services.loyalty.domain.rules.fact import Fact
from services.loyalty.domain.rules.language import Base, Limit, RuleSet
from services.loyalty.domain.tiers.table import Benefits, Tier, TierTable
from tests.loyalty.loyalty_facts import day
from tests.loyalty.programmes import SHOP
from tests.loyalty.rule_sets import rule

KEY = "all:*:points:year:2026-01-01"
TIERS = TierTable((Tier("member", 0), Tier("gold", 100, benefits=Benefits(Decimal(3)))), currency="tier-points")
BASES = (rule("base", Base(PerAmount(1))), rule("tier", Base(PerAmount(1), "tier-points")))


def book(limit: int) -> Rulebook:
    rules = RuleSet(BASES, budgets=(Limit(limit, "year"),))
    document = structs.replace(SHOP, zone="UTC", tiers=TIERS, earning=rules)
    return Rulebook(Programme((Version(1, day(-1000), document),)))


def order(name: str, amount: int, on: int) -> Fact:
    return Fact("purchase", "shop", name, day(on), Decimal(amount), "EUR")


class Members:
    """Members who share a budget, each with what their facts have earned."""

    def __init__(self, limit: int) -> None:
        self.rulebook = book(limit)
        self.earnings: dict[str, Earnings] = {}
        self.used = Counter[str]()

    def tell(self, who: str, fact: Fact) -> int:
        """Tell a fact of a member; return what all have used after it."""
        before = self.earnings.get(who, Earnings())
        after = with_fact(before, fact, self.rulebook, Known(self.rulebook), self.used)
        self.earnings[who] = after
        self.used.update(used_between(before, after))
        return self.used[KEY]

    def points(self, who: str) -> dict[str, int]:
        return {one.fact.event_id: one.trace.granted("points") for one in self.earnings[who].in_order}


def test_a_fact_that_is_judged_again_keeps_what_it_took_and_gets_what_others_have_left() -> None:
    members = Members(200)
    members.tell("anna", order("o2", 40, 2))
    members.tell("bert", order("o1", 100, 1))
    assert members.tell("anna", order("o1", 50, 1)) == 190
    assert members.points("anna") == {"o1": 50, "o2": 40}
    assert members.tell("anna", order("o0", 60, 0)) == 200  # gold for o2, which wants 80 more: nothing is left of it
    assert members.points("anna") == {"o0": 10, "o1": 50, "o2": 40}


def test_what_a_fact_wants_more_of_a_budget_it_gets_as_far_as_that_goes() -> None:
    members = Members(220)
    members.tell("anna", order("o2", 40, 2))
    members.tell("bert", order("o1", 20, 1))
    assert members.tell("anna", order("o1", 100, 1)) == 220  # 40 + 20 + 100, and 60 of the 80 that gold makes of o2
    assert members.points("anna") == {"o1": 100, "o2": 100}


FACTS = st.lists(
    st.tuples(st.sampled_from(["anna", "bert"]), st.sampled_from([10, 60, 120]), st.integers(0, 90)),
    min_size=1,
    max_size=9,
)


@settings(max_examples=150, deadline=None)
@for_all(FACTS, st.sampled_from([0, 50, 130, 400, 900]))
def test_a_shared_budget_is_never_overshot_and_what_is_noted_as_used_was_given(
    facts: list[tuple[str, int, int]], limit: int
) -> None:
    members = Members(limit)
    for place, (who, amount, on) in enumerate(facts):
        assert members.tell(who, order(f"o{place}", amount, on)) <= limit
    given = sum(sum(members.points(who).values()) for who in members.earnings)
    assert given == members.used[KEY]


@settings(max_examples=60, deadline=None)
@for_all(FACTS)
def test_judging_again_by_what_was_known_changes_nothing(facts: list[tuple[str, int, int]]) -> None:
    members = Members(300)
    for place, (who, amount, on) in enumerate(facts):
        members.tell(who, order(f"o{place}", amount, on))
    for earnings in members.earnings.values():
        again = judged_again(earnings, members.rulebook, Known(members.rulebook), day(0), members.used)
        assert all(one.trace.grants == earnings.judged[one.key].trace.grants for one in again)
