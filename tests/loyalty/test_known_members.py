"""Rules see the tier that a member had just before a fact; whatever comes late, all ends as if it had come in time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st
from msgspec import structs

from services.loyalty.domain.earning.judging import MemberAt
from services.loyalty.domain.earning.known import Known
from services.loyalty.domain.earning.rulebook import Rulebook
from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.commands import Command, ReverseEarning
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.events import Event, FactJudged, PointsEarned, PointsReversed
from services.loyalty.domain.ledger.judge import Judge
from services.loyalty.domain.ledger.judge_again import JudgeAgain
from services.loyalty.domain.ledger.knowing import known_of
from services.loyalty.domain.programme.programme import Programme, Version
from services.loyalty.domain.rules.amounts import Fixed, PerAmount
from services.loyalty.domain.rules.conditions import OfTier
from services.loyalty.domain.rules.fact import Fact
from services.loyalty.domain.rules.language import Add, Base, Rule, RuleSet
from services.loyalty.domain.tiers.period import Kind, Period
from services.loyalty.domain.tiers.record import Grant
from services.loyalty.domain.tiers.table import Benefits, Tier, TierTable
from shared.errors import Rejected
from tests.loyalty.loyalty_facts import ANNA, day, earn
from tests.loyalty.programmes import SHOP
from tests.loyalty.rule_sets import rule

TIERS = TierTable(
    (
        Tier("member", 0),
        Tier("silver", 100, benefits=Benefits(Decimal("1.25"))),
        Tier("gold", 250, benefits=Benefits(Decimal("1.5"))),
    ),
    currency="tier-points",
    period=Period(Kind.QUARTER),
)
BASES = (rule("base", Base(PerAmount(1))), rule("tier", Base(PerAmount(1), "tier-points")))
GOLD_GIFT = rule("gold", Add(Fixed(10)), when=OfTier(("gold",)))


def book(*those: Rule, tiers: TierTable = TIERS) -> Rulebook:
    document = structs.replace(SHOP, zone="UTC", tiers=tiers, earning=RuleSet(those or (*BASES, GOLD_GIFT)))
    return Rulebook(Programme((Version(1, day(-1000), document),)))


BOOK = book()


def known(account: Account, rulebook: Rulebook = BOOK, *grants: Grant) -> MemberAt:
    return known_of(rulebook, account, grants)


def order(name: str, amount: str, on: float = 0) -> Fact:
    return Fact("purchase", "shop", name, day(on), Decimal(amount), "EUR")


def back(name: str, order_id: str, amount: str, on: float) -> ReverseEarning:
    return ReverseEarning(ANNA, "shop", order_id, name, Decimal(amount), day(300), day(on), rulebook=BOOK)


Told = Fact | ReverseEarning | Command


def history(*told: Told, rulebook: Rulebook = BOOK, grants: Sequence[Grant] = ()) -> list[Event]:
    """What an account remembers of facts and returns, as they are told one after the other."""
    events: list[Event] = []
    for item in told:
        account = ACCOUNT.fold(events)
        member_at = known(account, rulebook, *grants)
        command: Any = item
        if isinstance(item, Fact):
            command = Judge(ANNA, item, rulebook, day(300), member_at)
        elif isinstance(item, ReverseEarning):
            command = structs.replace(item, rulebook=rulebook, member_at=member_at)
        try:
            events += ACCOUNT.decide(command, account)
        except Rejected:
            continue
    return events


def tiers(events: Sequence[Event]) -> dict[str, str]:
    """Return the tier by which each fact was judged."""
    return {one.fact.event_id: one.member.tier for one in ACCOUNT.fold(events).earnings.in_order}


def points(events: Sequence[Event]) -> dict[str, int]:
    return {one.fact.event_id: one.left.granted("points") for one in ACCOUNT.fold(events).earnings.in_order}


def test_a_fact_is_judged_by_the_tier_before_it_and_the_next_one_by_what_it_reached() -> None:
    events = history(order("o1", "100"), order("o2", "200", 1), order("o3", "10", 2))
    assert tiers(events) == {"o1": "member", "o2": "silver", "o3": "gold"}
    assert points(events) == {"o1": 100, "o2": 250, "o3": 10 + 5 + 10}


def test_of_facts_at_one_moment_those_count_that_come_before_by_name() -> None:
    events = history(order("b", "10"), order("a", "100"))
    assert tiers(events) == {"a": "member", "b": "silver"}


def test_a_review_has_taken_a_tier_from_what_happens_after_it() -> None:
    """The first quarter confirms silver for the second, and the second doesn't for the third."""
    events = history(order("o1", "100"), order("o2", "10", 90), order("o3", "10", 180))
    assert tiers(events) == {"o1": "member", "o2": "silver", "o3": "member"}


def test_a_late_fact_that_lifts_the_tier_is_booked_as_corrections_at_the_times_of_the_later_facts() -> None:
    early = history(order("o2", "40", 2))
    account = ACCOUNT.fold(early)
    late = ACCOUNT.decide(Judge(ANNA, order("o1", "100", 1), BOOK, day(9), known(account)), account)
    moved = [event for event in late if isinstance(event, PointsEarned) and event.order_id == "o2"]
    assert [(event.lot_id, event.points, event.earned_at) for event in moved] == [
        ("shop:o2:tier-benefit:1", 10, day(2))
    ]
    assert points([*early, *late]) == {"o1": 100, "o2": 50}


def test_a_return_costs_the_tier_from_its_time_on_and_what_was_earned_with_it_until_then_stays() -> None:
    told = (order("o1", "100", 0), order("o2", "40", 1), order("o3", "40", 3))
    events = history(*told, back("r1", "o1", "1", 2))
    assert tiers(events) == {"o1": "member", "o2": "silver", "o3": "silver"}  # with o2's forty it is a hundred again
    events = history(*told, back("r1", "o1", "50", 2))
    assert tiers(events) == {"o1": "member", "o2": "silver", "o3": "member"}
    assert points(events) == {"o1": 50, "o2": 50, "o3": 40}
    (back_of_o3,) = [one for one in events if isinstance(one, PointsReversed) and one.order_id == "o3"]
    assert (back_of_o3.points, back_of_o3.refund_id, back_of_o3.refunded_at) == (10, "", day(3))


def test_a_return_that_came_before_its_fact_counts_for_later_facts_from_its_time_on() -> None:
    early = history(back("r1", "o1", "50", 2), order("o3", "40", 3), order("o2", "40", 1), order("o1", "100", 0))
    late = history(order("o1", "100", 0), order("o2", "40", 1), order("o3", "40", 3), back("r1", "o1", "50", 2))
    assert (tiers(early), points(early)) == (tiers(late), points(late))


def test_what_the_plain_rule_earned_counts_for_the_tier_and_its_return_from_then_on() -> None:
    by_points = book(*BASES[:1], tiers=structs.replace(TIERS, currency="points"))
    plain = earn("p1", "120", -1)
    events = history(plain, order("o1", "40", 1), rulebook=by_points)
    assert tiers(events) == {"o1": "silver"}
    returned = structs.replace(back("r1", "p1", "120", 0.5), rulebook=None)
    events = history(plain, returned, order("o1", "40", 1), rulebook=by_points)
    assert tiers(events) == {"o1": "member"}


def test_a_plain_order_that_is_told_late_lets_later_facts_be_judged_again() -> None:
    by_points = book(*BASES[:1], tiers=structs.replace(TIERS, currency="points"))
    events = history(order("o1", "40", 1), earn("p1", "120", -1), rulebook=by_points)
    account = ACCOUNT.fold(events)
    again = JudgeAgain(ANNA, by_points, day(9), day(-1), known(account, by_points))
    events += ACCOUNT.decide(again, account)
    assert (tiers(events), points(events)) == ({"o1": "silver"}, {"o1": 50})
    assert ACCOUNT.decide(again, ACCOUNT.fold(events)) == ()


def test_a_tier_that_was_granted_counts_while_it_lasts() -> None:
    grant = Grant("g1", "gold", day(1), day(2))
    events = history(order("o1", "10", 0), order("o2", "10", 1), order("o3", "10", 2), grants=[grant])
    assert tiers(events) == {"o1": "member", "o2": "gold", "o3": "member"}


def test_where_a_programme_has_no_tiers_nobody_has_one() -> None:
    document = structs.replace(SHOP, earning=RuleSet(BASES))
    without = Rulebook(Programme((Version(1, day(-1000), document),)))
    judged = Known(without)(order("o1", "10"), ())
    assert (judged.tier, judged.orders) == ("", 0)


# --- any delivery ------------------------------------------------------------------------------------------------

AMOUNTS = st.sampled_from(["10", "40.50", "60", "100", "149.99", "260"])
DAYS = st.integers(0, 250)
PARTS = st.sampled_from(["0.1", "0.5", "1"])


class Story:
    """Orders and returns of them, each at its own time."""

    def __init__(self, orders: list[tuple[str, int]], returns: list[tuple[int, str, int]]) -> None:
        self.facts = [order(f"o{place}", amount, on) for place, (amount, on) in enumerate(orders)]
        self.returns: list[ReverseEarning] = []
        left = {fact.event_id: fact.amount for fact in self.facts}
        for number, (place, part, after) in enumerate(returns):
            fact = self.facts[place % len(self.facts)]
            amount = (left[fact.event_id] * Decimal(part)).quantize(Decimal("0.01"))
            left[fact.event_id] -= amount
            at = (fact.occurred_at - day(0)) / timedelta(days=1) + after + 0.5
            if amount:
                self.returns.append(back(f"r{number}", fact.event_id, str(amount), at))

    def told(self, random: Random) -> list[Told]:
        deliveries: list[Told] = [*self.facts, *self.returns, random.choice(self.facts)]
        random.shuffle(deliveries)
        return deliveries

    def tier_of(self, fact: Fact) -> str:
        """Return the tier before a fact, reckoned the plain way: quarter by quarter, by all that was left then."""
        rank = 0
        for first, end in quarters(fact.occurred_at):
            earned = TIERS.earned(self.earned(first, end, fact), 0)
            rank = earned if end <= fact.occurred_at else max(rank, earned)
        return TIERS.tiers[rank].name

    def earned(self, first: datetime, end: datetime, fact: Fact) -> int:
        """Return what orders of a quarter that come before the fact have earned, less what was returned before it."""
        place = (fact.occurred_at, fact.event_id)
        then = [one for one in self.facts if first <= one.occurred_at < end]
        before = [one for one in then if (one.occurred_at, one.event_id) < place]
        return sum(int(one.amount - self.gone(one, fact.occurred_at)) for one in before)

    def gone(self, fact: Fact, moment: datetime) -> Decimal:
        back_then = (item for item in self.returns if item.order_id == fact.event_id and _at(item) < moment)
        return sum((item.amount for item in back_then), Decimal(0))


def _at(item: ReverseEarning) -> datetime:
    assert item.refunded_at is not None
    return item.refunded_at


def quarters(until: datetime) -> list[tuple[datetime, datetime]]:
    """Return the quarters of 2026 up to a moment, half-open."""
    starts = [until.replace(month=number, day=1, hour=0, minute=0, second=0, microsecond=0) for number in (1, 4, 7, 10)]
    ends = [*starts[1:], starts[0].replace(year=starts[0].year + 1)]
    return [(start, end) for start, end in zip(starts, ends, strict=True) if start <= until]


STORIES = st.builds(
    Story,
    st.lists(st.tuples(AMOUNTS, DAYS), min_size=1, max_size=6),
    st.lists(st.tuples(st.integers(0, 5), PARTS, st.integers(0, 120)), max_size=4),
)


@settings(max_examples=120, deadline=None)
@for_all(STORIES, st.randoms(use_true_random=False))
def test_any_delivery_of_facts_and_returns_ends_with_the_same_tiers_judgements_and_balances(
    story: Story, random: Random
) -> None:
    ends = []
    for _ in range(3):
        account = ACCOUNT.fold(history(*story.told(random)))
        ends.append((account.earnings.in_order, [account.net(day(400), code) for code in ("points", "tier-points")]))
        stands = sum(one.left.granted("points") for one in account.earnings.in_order)
        assert account.net(day(400)) == stands
    assert ends[0] == ends[1] == ends[2]


@settings(max_examples=120, deadline=None)
@for_all(STORIES, st.randoms(use_true_random=False))
def test_each_fact_is_judged_by_the_tier_that_a_plain_reckoning_finds_before_it(story: Story, random: Random) -> None:
    account = ACCOUNT.fold(history(*story.told(random)))
    judged = {one.fact.event_id: one.member.tier for one in account.earnings.in_order}
    assert judged == {fact.event_id: story.tier_of(fact) for fact in story.facts}


def test_a_judgement_that_stays_is_not_told_again() -> None:
    events = history(order("o1", "100"), order("o2", "10", 1))
    again = JudgeAgain(ANNA, BOOK, day(9), day(0), known(ACCOUNT.fold(events)))
    assert ACCOUNT.decide(again, ACCOUNT.fold(events)) == ()
    assert sum(isinstance(event, FactJudged) for event in events) == 2
