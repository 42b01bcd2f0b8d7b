"""What is known of a member just before a fact: to the moment, whichever rules earned what came before."""

from datetime import datetime
from decimal import Decimal

import pytest
from msgspec import structs

from services.loyalty.domain.earning.judging import Earnings as Judgements
from services.loyalty.domain.earning.judging import by_orders, with_fact
from services.loyalty.domain.earning.known import Known, plain_earnings
from services.loyalty.domain.earning.rulebook import Rulebook
from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.events import MemberEnrolled
from services.loyalty.domain.ledger.judge import Judge
from services.loyalty.domain.ledger.knowing import known_of
from services.loyalty.domain.programme.programme import Programme, Version
from services.loyalty.domain.rules.amounts import PerAmount
from services.loyalty.domain.rules.fact import Fact
from services.loyalty.domain.rules.language import Base, RuleSet
from services.loyalty.domain.tiers.earnings import Earning, Reversal, of
from services.loyalty.domain.tiers.period import Kind, Period
from services.loyalty.domain.tiers.record import Grant
from services.loyalty.domain.tiers.table import Tier, TierTable
from tests.loyalty.loyalty_facts import ANNA, day, earn, history_of
from tests.loyalty.programmes import SHOP
from tests.loyalty.rule_sets import rule

TIERS = TierTable((Tier("member", 0), Tier("bronze", 1), Tier("silver", 100)), currency="points")


def book(tiers: TierTable = TIERS) -> Rulebook:
    earning = RuleSet((rule("base", Base(PerAmount(1))),))
    document = structs.replace(SHOP, zone="UTC", tiers=tiers, earning=earning)
    return Rulebook(Programme((Version(1, day(-1000), document),)))


def order(name: str, amount: str, on: float) -> Fact:
    return Fact("purchase", "shop", name, day(on), Decimal(amount), "EUR")


def plainly(points: int, on: float, *back: tuple[int, float], name: str = "shop:p1") -> Earning:
    """What the plain rule earned, less what was taken back of it."""
    reversals = tuple(Reversal(f"r{place}", day(at), less) for place, (less, at) in enumerate(back))
    return Earning(name, day(on), points, 1, reversals)


def test_earlier_purchases_are_counted_and_nothing_else_is() -> None:
    rulebook, earnings = book(), Judgements()
    for fact in (order("o1", "10", 0), Fact("survey", "shop", "s1", day(1)), order("o2", "10", 2)):
        earnings = with_fact(earnings, fact, rulebook, Known(rulebook), {})
    assert [one.member.orders for one in earnings.in_order] == [0, 1, 1]
    assert Known(rulebook)(order("o3", "10", 3), earnings.in_order).orders == 2


@pytest.mark.parametrize(
    ("moment", "tier"),
    [(day(1), "member"), (day(1.001), "silver"), (day(2), "silver"), (day(2.001), "bronze"), (day(4), "member")],
)
def test_what_the_plain_rule_earned_counts_after_its_moment_and_its_returns_after_theirs(
    moment: datetime, tier: str
) -> None:
    plain = of([plainly(120, 1, (30, 2), (95, 3))])
    assert Known(book(), plain).tier_before(moment, ()) == tier


def test_what_the_plain_rule_and_a_programme_earned_at_one_moment_counts_together() -> None:
    rulebook = book()
    judged = with_fact(Judgements(), order("o1", "40", 1), rulebook, by_orders, {}).in_order
    plain = of([plainly(30, 1), plainly(30, 1, name="shop:p2")])
    assert Known(rulebook, plain).tier_before(day(2), judged) == "silver"
    assert Known(rulebook, plain).tier_before(day(2), ()) == "bronze"


def test_of_what_was_earned_that_is_plain_which_no_programme_judged() -> None:
    judged = with_fact(Judgements(), order("o1", "40", 1), book(), by_orders, {}).judged
    both = of([plainly(40, 1, name="shop:o1"), plainly(30, 1)])
    assert [entry.earning_id for entry in plain_earnings(both, judged).entries] == ["shop:p1"]


def test_anniversaries_count_from_the_enrolment_and_without_one_from_the_first_earning() -> None:
    yearly = book(structs.replace(TIERS, period=Period(Kind.ANNIVERSARY)))
    plain = of([plainly(100, -100)])
    known = Known(yearly, plain, (), day(-460))  # its years begin on days -460, -95 and 270
    assert [known.tier_before(day(at), ()) for at in (269, 271)] == ["silver", "member"]
    assert [Known(yearly, plain).tier_before(day(at), ()) for at in (269, 271)] == ["silver", "silver"]


def bought_twice() -> Account:
    """30 points by the plain rule on day 0, and 80 by a programme on day 1; enrolled five days before."""
    events = [MemberEnrolled(ANNA, day(-5)), *history_of(earn("p1", "30"))[1:]]
    judge = Judge(ANNA, order("o1", "80", 1), book(), day(2))
    return ACCOUNT.fold([*events, *ACCOUNT.decide(judge, ACCOUNT.fold(events))])


def test_an_account_tells_what_it_earned_with_and_without_a_programme() -> None:
    account = bought_twice()
    known, unpublished = known_of(book(), account, []), known_of(Rulebook(Programme()), account, [])
    assert known(order("o2", "1", 3), account.earnings.in_order).tier == "silver"
    assert [known(order("o2", "1", at), ()).tier for at in (0.5, -1)] == ["bronze", "member"]
    assert unpublished(order("o2", "1", 3), account.earnings.in_order).tier == ""


def test_an_account_tells_the_tier_that_was_granted() -> None:
    known = known_of(book(), bought_twice(), [Grant("g1", "silver", day(0.2), day(0.8))])
    assert [known(order("o2", "1", at), ()).tier for at in (0.1, 0.5, 0.9)] == ["bronze", "silver", "bronze"]


def test_an_account_tells_from_when_the_years_of_its_member_count() -> None:
    account = bought_twice()  # of the year from day -5 on, so that its tier lasts until day 725
    known = known_of(book(structs.replace(TIERS, period=Period(Kind.ANNIVERSARY))), account, [])
    assert [known(order("o2", "1", at), account.earnings.in_order).tier for at in (724, 726)] == ["silver", "member"]
