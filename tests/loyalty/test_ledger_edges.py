"""The edges of the ledger: one point, nothing at all, another currency, the close, and a policy that waives."""

import pytest
from msgspec import structs

from services.loyalty.domain.ledger.commands import (
    Adjust,
    Capture,
    Close,
    Earn,
    Hold,
    Spend,
)
from services.loyalty.domain.ledger.currencies import Declared
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.events import (
    Event,
    HoldCaptured,
    PointsAdjusted,
    PointsEarned,
    PointsForfeited,
    PointsGiven,
    PointsReversed,
    PointsSpent,
)
from services.loyalty.domain.ledger.judge_again import JudgeAgain
from services.loyalty.domain.ledger.policies import AdjustmentPolicy, TransferPolicy
from services.loyalty.domain.programme.terms import Terms
from services.loyalty.domain.rules.amounts import PerAmount
from services.loyalty.domain.rules.language import Base, Limit
from shared.testing.given import given
from tests.loyalty.loyalty_facts import ANNA, day, earn, history_of, refund, spend
from tests.loyalty.rule_sets import rule, rules
from tests.loyalty.test_gifts import give
from tests.loyalty.test_judged_accounts import PLAIN, back, book, history, judge, order

MILES = Declared(("points", "miles"))
MONTH = Terms(valid_months=1)
IDLE = Terms(inactive_months=1)


def in_miles(command: Earn) -> Earn:
    return structs.replace(command, points_currency="miles", declared=MILES)


# --- one point, and nothing -----------------------------------------------------


@pytest.mark.parametrize("points", [1, -1])
def test_a_single_point_is_given_and_taken_by_hand(points: int) -> None:
    (event,) = ACCOUNT.decide(
        Adjust(ANNA, "a1", points, "x", "carl", day(1)), ACCOUNT.fold(history_of(earn("o1", "1")))
    )
    assert isinstance(event, PointsAdjusted)
    assert (event.lot_id is None, event.balance_after) == (points < 0, 1 + points)


def test_where_nobody_confirms_one_person_may_move_any_number() -> None:
    command = Adjust(ANNA, "a1", 10**9, "x", "carl", day(1), policy=AdjustmentPolicy(alone=None))
    (event,) = ACCOUNT.decide(command, ACCOUNT.fold(history_of(earn("o1", "1"))))
    assert isinstance(event, PointsAdjusted)


def test_as_many_as_a_programme_lets_are_given_and_no_more() -> None:
    earned = history_of(earn("o1", "30"))
    for points, policy in ((4, TransferPolicy(at_most=4)), (4, TransferPolicy(at_least=4))):
        (event,) = ACCOUNT.decide(structs.replace(give(points), policy=policy), ACCOUNT.fold(earned))
        assert isinstance(event, PointsGiven)
    part = structs.replace(give(3), whole=5, policy=TransferPolicy(at_most=4))
    given(ACCOUNT, *earned).when(part).then_rejected("transfer-out-of-bounds")


def test_of_a_hold_that_is_shared_a_part_may_be_captured_with_nothing() -> None:
    held = history_of(earn("o1", "30"), structs.replace(Hold(ANNA, "h1", 20, "x", day(0)), whole=55))
    (event,) = ACCOUNT.decide(Capture(ANNA, "h1", day(1), 0, 40), ACCOUNT.fold(held))
    assert isinstance(event, HoldCaptured)
    assert (event.points, event.allocations, event.released, event.whole) == (0, {}, {"shop:o1": 20}, 40)
    again = [*held, event]
    given(ACCOUNT, *again).when(Capture(ANNA, "h1", day(1), 0, 40)).then_nothing()
    given(ACCOUNT, *again).when(Capture(ANNA, "h1", day(1), 0, 41)).then_rejected("capture-differs")


def test_the_whole_balance_can_be_spent_and_lots_that_are_empty_give_nothing() -> None:
    history_ = history_of(earn("o1", "30"), spend("s1", 30), earn("o2", "5"))
    (event,) = ACCOUNT.decide(spend("s2", 5), ACCOUNT.fold(history_))
    assert isinstance(event, PointsSpent)
    assert (event.allocations, event.balance_after) == ({"shop:o2": 5}, 0)


# --- policies that waive ----------------------------------------------------------


def reversed_in(events: list[Event]) -> list[tuple[int, int]]:
    """Return (owed, waived) of each return."""
    return [(event.debt, event.waived) for event in events if isinstance(event, PointsReversed)]


def test_what_is_gone_of_a_judged_fact_is_owed_or_waived_by_the_programmes_policy() -> None:
    spent = history(judge(order("o1", "10"), PLAIN), Spend(ANNA, "s1", 20, "voucher", day(9)))
    for debt, sums in (("owe", (20, 0)), ("cap", (0, 20))):
        command = structs.replace(back("r1", "o1", "10", PLAIN), debt=debt)
        taken = reversed_in([*ACCOUNT.decide(command, ACCOUNT.fold(spent))])
        assert tuple(map(sum, zip(*taken, strict=True))) == sums


@pytest.mark.parametrize(("debt", "taken"), [("owe", [(40, 0)]), ("cap", [(0, 40)])])
def test_a_return_that_waited_is_settled_by_the_policy_that_its_order_is_told_with(
    debt: str, taken: list[tuple[int, int]]
) -> None:
    owing = history_of(earn("o1", "50"), spend("s1", 50), refund("r1", "o1", "40"), refund("r2", "o2", "50"))
    events = ACCOUNT.decide(structs.replace(earn("o2", "50"), debt=debt), ACCOUNT.fold(owing))
    assert reversed_in([*events]) == taken


def test_judging_again_takes_back_what_is_gone_by_the_policy_and_asks_for_what_others_used() -> None:
    shared = book(rules(rule("base", Base(PerAmount(1)), budgets=(Limit(100, "month"),))))
    richer = book(rules(rule("base", Base(PerAmount(9)), budgets=(Limit(100, "month"),))))
    poorer = book(rules(rule("base", Base(PerAmount(1), "miles"))))
    events = history(judge(order("o1", "40"), shared))
    again = JudgeAgain(ANNA, richer, day(9), day(0), budgets={"all:base:points:month:2026-01-01": 75})
    assert [
        event.points for event in ACCOUNT.decide(again, ACCOUNT.fold(events)) if isinstance(event, PointsEarned)
    ] == [25]
    spent = [*events, *ACCOUNT.decide(Spend(ANNA, "s1", 40, "voucher", day(9)), ACCOUNT.fold(events))]
    poorly = JudgeAgain(ANNA, poorer, day(9), day(0))
    for command, sums in ((poorly, [(40, 0)]), (structs.replace(poorly, debt="cap"), [(0, 40)])):
        assert reversed_in([*ACCOUNT.decide(command, ACCOUNT.fold(spent))]) == sums


def test_what_all_had_used_is_told_to_a_command_and_nothing_else_of_it_changes() -> None:
    judging = judge(order("o1", "40"), PLAIN)
    assert judging.with_budgets({"all:x": 1}) == structs.replace(judging, budgets={"all:x": 1})
    again = JudgeAgain(ANNA, PLAIN, day(9), day(0))
    assert again.with_budgets({"all:x": 1}) == structs.replace(again, budgets={"all:x": 1})


# --- the close, currency by currency ---------------------------------------------------


def test_with_the_close_each_currency_lapses_by_itself_and_what_had_lapsed_does_not_again() -> None:
    told = (earn("o1", "30"), in_miles(earn("m1", "7")), earn("old", "9", -60, now=0, terms=MONTH), earn("o2", "5"))
    owing = (*told, spend("s1", 4), in_miles(earn("m2", "3")))
    spent = structs.replace(spend("s2", 3), points_currency="miles", declared=MILES)
    history_ = history_of(*owing, spent, Close(ANNA, "x", "carl", day(2)))
    lost = [event for event in history_ if isinstance(event, PointsForfeited)]
    assert [(one.points_currency, one.points, one.allocations, one.waived) for one in lost] == [
        ("miles", 7, {"shop:m1": 4, "shop:m2": 3}, 0),
        ("points", 31, {"shop:o1": 26, "shop:o2": 5}, 0),
    ]
