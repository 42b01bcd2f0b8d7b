"""The lots that a judged fact gets, and what each return or later judgement takes from which of them."""

from datetime import datetime
from decimal import Decimal

import pytest
from msgspec import structs

from services.loyalty.domain.ledger.account import Waiting
from services.loyalty.domain.ledger.commands import Close, ReverseEarning, Spend
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.events import (
    Event,
    FactJudged,
    MemberEnrolled,
    PointsEarned,
    PointsReversed,
    RefundRefused,
)
from services.loyalty.domain.ledger.judge_again import JudgeAgain
from services.loyalty.domain.rules.amounts import Fixed, PerAmount
from services.loyalty.domain.rules.fact import Fact
from services.loyalty.domain.rules.language import Add, Base, Limit, Multiply
from shared.testing.given import given
from tests.loyalty.loyalty_facts import ANNA, day
from tests.loyalty.rule_sets import rule, rules
from tests.loyalty.test_judged_accounts import back, book, history, judge, lots, order

BASE = rule("base", Base(PerAmount(1)))
MILES = rule("miles", Base(PerAmount(2), "miles"))
BOTH = book(rules(BASE, MILES))
PLAIN = book(rules(BASE, rule("double", Multiply(Decimal(2)))))
STAY = structs.replace(order("o1", "10", 1), partner="hotel")


def reversed_in(events: list[Event]) -> list[PointsReversed]:
    return [event for event in events if isinstance(event, PointsReversed)]


def returned(name: str, amount: str, at: datetime | None) -> ReverseEarning:
    return structs.replace(back(name, "o1", amount, BOTH), refunded_at=at)


def test_a_lot_says_of_which_fact_currency_rule_and_partner_it_is() -> None:
    earned = [event for event in history(judge(STAY, BOTH)) if isinstance(event, PointsEarned)]
    assert [(one.source, one.order_id, one.net, one.currency, one.earned_at) for one in earned] == [
        ("shop", "o1", Decimal(10), "EUR", day(1)),
    ] * 2
    assert [(one.lot_id, one.points, one.rule, one.points_currency, one.partner) for one in earned] == [
        ("shop:o1:base:1", 10, "base", "points", "hotel"),
        ("shop:o1:miles:1", 20, "miles", "miles", "hotel"),
    ]
    account = ACCOUNT.fold(history(judge(STAY, BOTH)))
    assert (account.customer_id, account.enrolled) == (ANNA, True)
    assert (account.balance(day(9)), account.balance(day(9), "miles")) == (10, 20)


@pytest.mark.parametrize("at", [None, day(3)])
def test_a_return_says_what_was_left_before_and_after_it_and_when_it_was(at: datetime | None) -> None:
    events = history(judge(STAY, BOTH), returned("r1", "2.50", at), returned("r2", "0.50", at))
    judged = [event for event in events if isinstance(event, FactJudged)]
    assert [(one.refund_id, one.amount, one.refunded_at) for one in judged] == [
        ("", 0, None),
        ("r1", Decimal("2.50"), at),
        ("r2", Decimal("0.50"), at),
    ]
    taken = reversed_in(events)
    assert [(one.lot_id, one.refund_id, one.points, one.net_before, one.net_after) for one in taken] == [
        ("shop:o1:base:1", "r1", 3, Decimal(10), Decimal("7.50")),
        ("shop:o1:miles:1", "r1", 6, Decimal(10), Decimal("7.50")),
    ]  # the second return takes nothing: of 7.50 and of 7 is the same floored
    assert {(one.refunded_at, one.partner) for one in taken} == {(at, "hotel")}
    assert [one.points_currency for one in taken] == ["points", "miles"]


def test_what_doesnt_fit_of_returns_that_waited_is_refused_with_what_was_left() -> None:
    early, large = back("r1", "o1", "4", PLAIN, 2), back("r2", "o1", "7", PLAIN, 3)
    events = history(early, large, judge(order("o1", "10"), PLAIN))
    assert events[-1] == RefundRefused(ANNA, "shop", "o1", "r2", Decimal(7), Decimal(6))


def test_returns_that_wait_in_accounts_of_the_same_member_are_settled_with_the_fact() -> None:
    waiting = (Waiting("r1", Decimal(4), day(2)), Waiting("r2", Decimal(6), day(3)))
    command = structs.replace(judge(order("o1", "10", 1), PLAIN), waiting=waiting)
    events = ACCOUNT.decide(command, ACCOUNT.fold([MemberEnrolled(ANNA)]))
    account = ACCOUNT.fold([MemberEnrolled(ANNA), *events])
    assert (account.balance(day(9)), account.owed()) == (0, 0)
    assert account.refunds == {"shop:r1": Decimal(4), "shop:r2": Decimal(6)}


def test_who_tells_an_order_again_may_leave_its_time_out_and_of_other_facts_may_not() -> None:
    later = structs.replace(order("o1", "10", 1), occurred_at=day(5))
    given(ACCOUNT, *history(judge(order("o1", "10", 1), PLAIN))).when(judge(later, PLAIN)).then_nothing()
    survey = Fact("survey", "shop", "s1", day(1))
    told = history(judge(survey, PLAIN))
    given(ACCOUNT, *told).when(judge(survey, PLAIN)).then_nothing()
    given(ACCOUNT, *told).when(judge(structs.replace(survey, occurred_at=day(5)), PLAIN)).then_rejected(
        "earning-differs"
    )


def says(events: list[Event], command: object) -> str:
    rejection = given(ACCOUNT, *events).when(command).rejection
    assert rejection is not None
    return rejection.detail


def test_what_is_refused_of_a_judged_fact_is_told() -> None:
    events = history(judge(order("o1", "10"), PLAIN), back("r1", "o1", "4", PLAIN))
    assert says(events, judge(order("o1", "11"), PLAIN)) == (
        "o1 of shop has earned on 10 EUR; this one says 11 EUR, or other things. Refund it to correct it."
    )
    assert says(events, back("r2", "o1", "7", PLAIN)) == (
        "Of order o1, 6 EUR are left, and 7 were to be refunded. Refund at most what is left."
    )
    unnamed = structs.replace(back("r2", "o1", "1", PLAIN), rulebook=None)
    assert says(events, unnamed) == "o1 earned by a programme that isn't named here."


def test_what_grows_and_shrinks_again_is_taken_from_the_newest_lot_first() -> None:
    """Caps leave an order 40, 60 and all of its 90 points, and then no more than 50."""
    events = list[Event]()
    for number, cap in enumerate((40, 60, 90, 50)):
        capped = book(rules(BASE, caps=(Limit(cap, "month"),)))
        again = JudgeAgain(ANNA, capped, day(9), day(0))
        command = again if number else judge(order("o1", "90", 3), capped)
        events += ACCOUNT.decide(command, ACCOUNT.fold(events))
    assert lots(events) == {"shop:o1:base:1": 40, "shop:o1:base:1:2": 10, "shop:o1:base:1:3": 0}
    taken = reversed_in(events)
    assert [(one.lot_id, one.points, one.refund_id, one.refunded_at) for one in taken] == [
        ("shop:o1:base:1:3", 30, "", day(3)),
        ("shop:o1:base:1:2", 10, "", day(3)),
    ]
    assert {(one.net_before, one.net_after) for one in taken} == {(Decimal(90), Decimal(90))}


def test_what_a_version_gives_in_another_currency_goes_back_in_the_old_one() -> None:
    points = book(rules(BASE))
    events = history(judge(order("o1", "40"), points))
    for rulebook in (book(rules(rule("base", Base(PerAmount(2), "miles")))), points):
        events += ACCOUNT.decide(JudgeAgain(ANNA, rulebook, day(9), day(0)), ACCOUNT.fold(events))
        account = ACCOUNT.fold(events)
        left = account.earnings.in_order[0].left
        for currency in ("points", "miles"):
            assert account.balance(day(9), currency) == left.granted(currency)
    assert lots(events) == {"shop:o1:base:1": 0, "shop:o1:base:1:2": 0, "shop:o1:base:1:3": 40}
    events += ACCOUNT.decide(back("r1", "o1", "10", points), ACCOUNT.fold(events))
    assert lots(events)["shop:o1:base:1:3"] == 30


def test_judging_again_books_what_differs_from_a_moment_on_and_nothing_where_nothing_does() -> None:
    events = history(judge(order("o1", "10", 1), PLAIN), judge(order("o2", "10", 2), PLAIN))
    richer = book(rules(BASE, rule("double", Multiply(Decimal(2))), rule("more", Add(Fixed(5)))))
    decided = ACCOUNT.decide(JudgeAgain(ANNA, richer, day(9), day(2)), ACCOUNT.fold(events))
    assert [type(event) for event in decided] == [FactJudged, PointsEarned]
    assert lots([*events, *decided])["shop:o2:more:1"] == 5
    given(ACCOUNT, *events).when(JudgeAgain(ANNA, PLAIN, day(9), day(0))).then_nothing()


def test_a_closed_account_gets_no_lot_and_a_return_after_it_owes_nothing() -> None:
    closed = history(
        judge(order("o1", "10", 1), PLAIN),
        Spend(ANNA, "s1", 15, "voucher", day(2)),
        Close(ANNA, "asked for it", "staff", day(8)),
    )
    events = [*closed, *ACCOUNT.decide(judge(order("o2", "10", 2), PLAIN), ACCOUNT.fold(closed))]
    assert isinstance(events[-1], FactJudged)
    assert events[-1].stands == {}
    events += ACCOUNT.decide(back("r1", "o1", "10", PLAIN), ACCOUNT.fold(events))
    assert ACCOUNT.fold(events).owed() == 0
    assert sum(one.waived for one in reversed_in(events)) == sum(one.points for one in reversed_in(events)) == 20
