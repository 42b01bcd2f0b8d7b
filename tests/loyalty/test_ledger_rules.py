"""The ledger: what is earned, spent and taken back is exact, explained, and never negative."""

from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from services.loyalty.domain.ledger.account import LARGEST
from services.loyalty.domain.ledger.commands import Command, Enrol
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.events import (
    NothingEarned,
    PointsEarned,
    PointsSpent,
    RefundAwaited,
    RefundRefused,
    SpendReversed,
)
from services.loyalty.domain.programme.rules import RULES
from shared.testing.given import given
from tests.loyalty.loyalty_facts import (
    ANNA,
    ENROLLED,
    NOW,
    RULE,
    earn,
    earned,
    history_of,
    refund,
    reversed_,
    spend,
    take_back,
)


def test_enrolling_twice_is_quiet() -> None:
    given(ACCOUNT).when(Enrol(ANNA)).then(ENROLLED)
    given(ACCOUNT, ENROLLED).when(Enrol(ANNA)).then_nothing()


def test_one_point_for_each_whole_unit() -> None:
    given(ACCOUNT, ENROLLED).when(earn("o1", "49.90")).then(earned("o1", "49.90", 49, 49))


def test_a_purchase_enrols_whoever_is_no_member_yet() -> None:
    given(ACCOUNT).when(earn("o1", "49.90")).then(ENROLLED, earned("o1", "49.90", 49, 49))


def test_an_order_below_one_unit_leaves_a_fact_and_no_points() -> None:
    nothing = NothingEarned(ANNA, "shop:o1", "shop", "o1", Decimal("0.99"), "EUR", *RULE)
    given(ACCOUNT, ENROLLED).when(earn("o1", "0.99")).then(nothing)
    given(ACCOUNT, ENROLLED, nothing).when(earn("o1", "0.99")).then_nothing()


def test_an_order_earns_once_and_never_with_another_amount() -> None:
    history = (ENROLLED, earned("o1", "49.90", 49, 49))
    given(ACCOUNT, *history).when(earn("o1", "49.90")).then_nothing()
    given(ACCOUNT, *history).when(earn("o1", "50.00")).then_rejected("earning-differs")


def test_points_that_would_not_fit_into_64_bits_are_refused() -> None:
    full = earned("o1", "1.00", LARGEST, LARGEST)
    given(ACCOUNT, ENROLLED, full).when(earn("o2", "1.00")).then_rejected("points-overflow")


HISTORY = (ENROLLED, earned("late", "30.00", 30, 30, on=9), earned("early", "20.00", 20, 50))


def test_lots_are_spent_in_the_order_in_which_they_were_earned() -> None:
    given(ACCOUNT, *HISTORY).when(spend("s1", 25, 9)).then(
        PointsSpent(ANNA, "s1", 25, "voucher", {"shop:early": 20, "shop:late": 5}, 25)
    )


def test_more_than_the_balance_is_refused_with_both_numbers() -> None:
    decided = given(ACCOUNT, *HISTORY).when(spend("s1", 51, 9))
    decided.then_rejected("balance-too-low")
    assert decided.rejection is not None
    assert "50" in decided.rejection.detail
    assert "51" in decided.rejection.detail


def test_a_spend_counts_once_and_never_with_another_number() -> None:
    history = (*HISTORY, PointsSpent(ANNA, "s1", 20, "voucher", {"shop:early": 20}, 30))
    given(ACCOUNT, *history).when(spend("s1", 20)).then_nothing()
    given(ACCOUNT, *history).when(spend("s1", 21)).then_rejected("spend-differs")


def test_nothing_less_than_a_point_can_be_spent() -> None:
    given(ACCOUNT, *HISTORY).when(spend("s1", 0)).then_rejected("points-not-positive")


def test_a_spend_taken_back_returns_its_points_to_their_lots() -> None:
    spent = PointsSpent(ANNA, "s1", 25, "voucher", {"shop:early": 20, "shop:late": 5}, 25)
    back = SpendReversed(ANNA, "s1", 25, {"shop:early": 20, "shop:late": 5}, {}, 50)
    given(ACCOUNT, *HISTORY, spent).when(take_back("s1", 9)).then(back)
    given(ACCOUNT, *HISTORY, spent, back).when(take_back("s1", 9)).then_nothing()
    given(ACCOUNT, *HISTORY).when(take_back("s9", 9)).then_rejected("spend-unknown")


def test_a_refund_takes_back_the_difference_by_the_rule_of_the_purchase() -> None:
    history = (ENROLLED, earned("o1", "49.90", 49, 49))
    given(ACCOUNT, *history).when(refund("r1", "o1", "0.95")).then(
        reversed_(1, "49.90", "48.95", {"shop:o1": 1}, 0, 48)
    )
    given(ACCOUNT, *history).when(refund("r1", "o1", "0.90")).then(reversed_(0, "49.90", "49.00", {}, 0, 49))


def test_a_refund_larger_than_the_order_is_refused() -> None:
    given(ACCOUNT, ENROLLED, earned("o1", "49.90", 49, 49)).when(refund("r1", "o1", "49.91")).then_rejected(
        "refund-too-large"
    )


def test_points_that_are_gone_become_a_debt_that_the_next_earnings_repay() -> None:
    history = (
        ENROLLED,
        earned("o1", "49.90", 49, 49),
        PointsSpent(ANNA, "s1", 40, "voucher", {"shop:o1": 40}, 9),
    )
    owed = reversed_(49, "49.90", "0.00", {"shop:o1": 9}, 40, 0)
    given(ACCOUNT, *history).when(refund("r1", "o1", "49.90")).then(owed)
    given(ACCOUNT, *history, owed).when(spend("s2", 1)).then_rejected("in-debt")
    given(ACCOUNT, *history, owed).when(earn("o2", "50.00")).then(earned("o2", "50.00", 50, 10, repaid=40))


def test_a_refund_before_its_order_waits_for_it() -> None:
    waits = RefundAwaited(ANNA, "shop", "o1", "r1", Decimal("49.90"))
    given(ACCOUNT, ENROLLED).when(refund("r1", "o1", "49.90")).then(waits)
    given(ACCOUNT, ENROLLED, waits).when(refund("r1", "o1", "49.90")).then_nothing()
    given(ACCOUNT, ENROLLED, waits).when(earn("o1", "49.90")).then(
        earned("o1", "49.90", 49, 49), reversed_(49, "49.90", "0.00", {"shop:o1": 49}, 0, 0)
    )


def test_a_refund_that_waited_and_does_not_fit_is_refused_in_the_log() -> None:
    waits = RefundAwaited(ANNA, "shop", "o1", "r1", Decimal("60.00"))
    decided = given(ACCOUNT, ENROLLED, waits).when(earn("o1", "49.90"))
    assert [type(event) for event in decided.events] == [PointsEarned, RefundRefused]


@pytest.mark.parametrize(
    ("net", "points"), [("0", 0), ("0.99", 0), ("1", 1), ("49.90", 49), ("999999999999.99", 999999999999)]
)
def test_the_rule_floors_over_the_order_total(net: str, points: int) -> None:
    assert RULES[1].points(Decimal(net)) == points


def test_any_order_of_orders_and_refunds_ends_with_the_same_points() -> None:
    facts: list[Command] = [
        earn("o1", "49.90"),
        refund("r1", "o1", "20.00"),
        refund("r2", "o1", "29.90"),
        earn("o2", "10.00"),
    ]
    outcomes = {ACCOUNT.fold(history_of(*order)).balance(NOW) for order in permutations(facts)}
    assert outcomes == {10}


CENTS = st.integers(0, 12000).map(lambda cents: Decimal(cents).scaleb(-2))


@settings(deadline=None)
@for_all(st.lists(CENTS, min_size=1, max_size=6))
def test_a_full_return_in_any_parts_nets_exactly_nothing(parts: list[Decimal]) -> None:
    total = sum(parts, Decimal(0))
    returns = [refund(f"r{place}", "o1", str(part)) for place, part in enumerate(parts)]
    account = ACCOUNT.fold(history_of(earn("o1", str(total)), *returns))
    assert account.net(NOW) == account.owed() == 0
