"""What is left of a fact after returns: effect by effect, at a moment, and of the limits that members share."""

from datetime import datetime
from decimal import Decimal

import pytest
from msgspec import structs

from services.loyalty.domain.earning.budget import BUDGET, Budget, BudgetUsed, UseBudget, used_between
from services.loyalty.domain.earning.judged import Judged, Return, left_before
from services.loyalty.domain.earning.judging import Earnings, by_orders, judged_again, with_fact, with_return
from services.loyalty.domain.earning.rulebook import Rulebook
from services.loyalty.domain.earning.standing import standing
from services.loyalty.domain.programme.programme import Programme, Version
from services.loyalty.domain.rules.amounts import Fixed, PerAmount
from services.loyalty.domain.rules.fact import Fact
from services.loyalty.domain.rules.language import Add, Base, Limit, Multiply, Rule, RuleSet
from tests.loyalty.loyalty_facts import day
from tests.loyalty.programmes import SHOP
from tests.loyalty.rule_sets import bought, rule

BASE, DOUBLE = rule("base", Base(PerAmount(1))), rule("double", Multiply(Decimal(2)))


def book(*those: Rule) -> Rulebook:
    return Rulebook(Programme((Version(1, day(-99), structs.replace(SHOP, earning=RuleSet(those))),)))


BOOK = book(BASE, DOUBLE)


def order(name: str, amount: str, on: float) -> Fact:
    return bought(amount, order=name, at=day(on))


def told(rulebook: Rulebook, *facts: Fact) -> Earnings:
    earnings = Earnings()
    for fact in facts:
        earnings = with_fact(earnings, fact, rulebook, by_orders, {})
    return earnings


def stands(judged: Judged) -> list[tuple[str, int]]:
    return [(f"{grant.rule}:{grant.effect}", points) for grant, points in standing(judged)]


def test_a_return_takes_from_the_last_effect_first_whatever_was_returned_before() -> None:
    earnings = told(BOOK, order("o1", "10", 0))
    assert stands(earnings.in_order[0]) == [("base:1", 10), ("double:1", 10)]
    for part, left in (("3", [10, 4]), ("2", [10, 0]), ("1", [8, 0]), ("4", [0, 0])):
        earnings = with_return(earnings, "shop:o1", Decimal(part), BOOK)
        assert [points for _, points in stands(earnings.in_order[0])] == left


def test_what_each_effect_stands_for_is_reckoned_by_currency() -> None:
    both = book(BASE, rule("miles", Base(PerAmount(2), "miles")), rule("more", Add(Fixed(5))))
    earnings = with_return(told(both, order("o1", "10", 0)), "shop:o1", Decimal(4), both)
    assert stands(earnings.in_order[0]) == [("base:1", 10), ("miles:1", 12), ("more:1", 1)]


MOMENTS: list[tuple[datetime, int]] = [(day(1), 200), (day(2), 200), (day(2.001), 160), (day(3), 160), (day(3.5), 80)]


@pytest.mark.parametrize(("moment", "left"), MOMENTS)
def test_what_was_paid_back_counts_after_its_moment(moment: datetime, left: int) -> None:
    earnings = told(BOOK, order("o1", "100", 1))
    for amount, at in (("40", 3), ("20", 2)):
        earnings = with_return(earnings, "shop:o1", Decimal(amount), BOOK, day(at))
    judged = earnings.in_order[0]
    assert judged.returns == (Return(day(2), Decimal(20)), Return(day(3), Decimal(40)))
    assert left_before(judged, moment, BOOK).granted("points") == left


def test_what_was_paid_back_nobody_knows_when_counts_from_the_beginning() -> None:
    earnings = with_return(told(BOOK, order("o1", "100", 1)), "shop:o1", Decimal(10), BOOK)
    earnings = with_return(earnings, "shop:o1", Decimal(20), BOOK, day(2))
    assert left_before(earnings.in_order[0], day(1), BOOK).granted("points") == 180
    assert left_before(earnings.in_order[0], day(9), BOOK).granted("points") == 140


def test_a_return_before_its_fact_waits_and_is_added_to_others_that_do() -> None:
    earnings = Earnings()
    for amount in ("10", "5"):
        earnings = with_return(earnings, "shop:o1", Decimal(amount), BOOK)
    assert earnings.awaited == {"shop:o1": Decimal(15)}
    earnings = with_return(earnings, "shop:o2", Decimal(1), BOOK)
    after = with_fact(earnings, order("o1", "20", 0), BOOK, by_orders, {})
    assert (after.judged["shop:o1"].left.granted("points"), after.awaited) == (10, {"shop:o2": Decimal(1)})
    assert after.judged["shop:o1"].trace.granted("points") == 40


def test_facts_are_kept_in_the_order_in_which_they_happened_and_of_one_moment_by_name() -> None:
    earnings = told(BOOK, order("b", "1", 2), order("c", "1", 1), order("a", "1", 2), order("d", "1", 3))
    assert [one.fact.event_id for one in earnings.in_order] == ["c", "a", "b", "d"]
    again = with_return(earnings, "shop:c", Decimal(1), BOOK)
    assert [one.fact.event_id for one in again.in_order] == ["c", "a", "b", "d"]


def test_only_purchases_are_orders_and_a_fact_of_their_moment_is_after_those_before_it_by_name() -> None:
    survey = Fact("survey", "shop", "s", day(1))
    earnings = told(BOOK, order("a", "1", 1), survey, order("z", "1", 1), order("b", "1", 2))
    assert [(one.fact.event_id, one.member.orders) for one in earnings.in_order] == [
        ("a", 0),
        ("s", 1),
        ("z", 1),
        ("b", 2),
    ]


def test_facts_from_a_moment_on_are_judged_again_by_what_is_known_now() -> None:
    earnings = told(BOOK, *(order(f"o{number}", "10", number) for number in range(4)))
    richer = book(BASE, DOUBLE, rule("more", Add(Fixed(5))))
    again = judged_again(earnings, richer, by_orders, day(2), {})
    assert [(one.fact.event_id, one.trace.granted("points")) for one in again] == [("o2", 25), ("o3", 25)]
    assert judged_again(earnings, BOOK, by_orders, day(0), {}) == []
    assert judged_again(earnings, richer, by_orders, day(3.5), {}) == ()


SHARED = Rule(id="spring", on=("purchase",), effects=(Base(PerAmount(1)),), budgets=(Limit(100, "month"),))
KEY = "all:spring:points:month:2026-01-01"


def test_what_a_members_facts_use_more_or_less_of_shared_limits_is_noted_and_no_more() -> None:
    capped = structs.replace(SHARED, caps=(Limit(70, "month"),))
    rulebook = book(capped)
    none, some = Earnings(), told(rulebook, order("o1", "40", 0))
    more = with_fact(some, order("o2", "90", 1), rulebook, by_orders, {KEY: 40})
    assert used_between(none, some) == {KEY: 40}
    assert used_between(some, more) == {KEY: 30}
    fewer = more
    for judged in judged_again(more, book(structs.replace(capped, effects=(Base(Fixed(25)),))), by_orders, day(0), {}):
        fewer = fewer.having(judged)
    assert used_between(more, fewer) == {KEY: -20}  # 25 of each fact, instead of 40 and 30
    assert used_between(more, more) == {}


def test_what_all_members_use_of_a_limit_is_added_up_and_given_back() -> None:
    used, back = BudgetUsed("shop", {KEY: 40, "all:b": 5}), BudgetUsed("shop", {KEY: -10})
    assert BUDGET.decide(UseBudget("shop", {KEY: 40, "all:b": 5}), Budget()) == (used,)
    assert BUDGET.decide(UseBudget("shop", {}), Budget()) == ()
    assert BUDGET.fold([used, back]).used == {KEY: 30, "all:b": 5}
    assert BUDGET.stream("shop") == "budget-shop"


def test_of_a_shared_limit_a_fact_gets_what_others_and_its_own_member_have_left() -> None:
    rulebook = book(SHARED)
    earnings = with_fact(Earnings(), order("o1", "80", 0), rulebook, by_orders, {KEY: 50})
    assert earnings.judged["shop:o1"].trace.granted("points") == 50
    full = with_fact(earnings, order("o2", "10", 1), rulebook, by_orders, {KEY: 100})
    assert full.judged["shop:o2"].trace.granted("points") == 0


def test_a_fact_that_is_judged_again_keeps_its_share_although_others_gave_some_back() -> None:
    rulebook = book(SHARED)
    earnings = with_fact(Earnings(), order("o1", "80", 0), rulebook, by_orders, {KEY: 30})
    assert earnings.judged["shop:o1"].trace.granted("points") == 70
    assert judged_again(earnings, rulebook, by_orders, day(0), {KEY: 70}) == []


@pytest.mark.parametrize(("others", "points"), [(0, 100), (25, 75), (60, 40)])
def test_a_fact_that_wants_more_now_gets_what_others_have_left_and_no_less_than_before(
    others: int, points: int
) -> None:
    rulebook, richer = book(SHARED), book(structs.replace(SHARED, effects=(Base(PerAmount(9)),)))
    earnings = with_fact(Earnings(), order("o1", "40", 0), rulebook, by_orders, {})
    again = judged_again(earnings, richer, by_orders, day(0), {KEY: 40 + others})
    assert [one.trace.granted("points") for one in again] == [points]


def test_a_fact_that_meets_a_shared_limit_for_the_first_time_gets_what_all_others_have_left() -> None:
    earnings = told(book(BASE), order("o1", "80", 0))
    (again,) = judged_again(earnings, book(SHARED), by_orders, day(0), {KEY: 30})
    assert again.trace.granted("points") == 70
    (again,) = judged_again(earnings, book(SHARED), by_orders, day(0), {KEY: 99})
    assert again.trace.granted("points") == 1


def test_what_is_returned_of_a_fact_that_no_version_judged_is_known_all_the_same() -> None:
    nothing = Rulebook(Programme())
    earnings = with_return(told(nothing, order("o1", "10", 0)), "shop:o1", Decimal(4), nothing)
    assert earnings.judged["shop:o1"].returned == Decimal(4)
    earnings = with_return(earnings, "shop:o1", Decimal(1), nothing)
    assert (earnings.judged["shop:o1"].returned, earnings.judged["shop:o1"].reduced) == (Decimal(5), None)
