"""A purchase is recorded once, and never more is refunded than was paid, in whatever order facts come."""

from decimal import Decimal
from itertools import permutations
from typing import Any
from uuid import UUID

from hypothesis import given as for_all
from hypothesis import strategies as st

from services.contact.domain.purchase import (
    PURCHASE,
    Event,
    Line,
    Purchase,
    PurchaseRecorded,
    PurchaseRefunded,
    RecordPurchase,
    RefundAwaitsPurchase,
    RefundPurchase,
    RefundRefused,
)
from shared.errors import Rejected
from shared.testing.given import given

ANNA, BEN = UUID(int=1), UUID(int=2)
BOUGHT = RecordPurchase(ANNA, "shop", "o1", Decimal("50.00"), "EUR", 2, "web")
RECORDED = PurchaseRecorded(ANNA, "shop", "o1", Decimal("50.00"), "EUR", 2, "web")


def refund(name: str, amount: str, customer: UUID = ANNA, currency: str = "EUR") -> RefundPurchase:
    return RefundPurchase(customer, "shop", "o1", name, Decimal(amount), currency)


def refunded(name: str, amount: str, before: str, after: str) -> PurchaseRefunded:
    return PurchaseRefunded(ANNA, "shop", "o1", name, Decimal(amount), "EUR", Decimal(before), Decimal(after))


WAITING = RefundAwaitsPurchase(ANNA, "shop", "o1", "r1", Decimal("20.00"), "EUR")


def test_a_purchase_is_recorded() -> None:
    given(PURCHASE).when(BOUGHT).then(RECORDED)


def test_the_same_purchase_again_is_quiet() -> None:
    given(PURCHASE, RECORDED).when(BOUGHT).then_nothing()


def test_the_same_order_with_another_amount_is_refused_and_both_are_shown() -> None:
    other = RecordPurchase(ANNA, "shop", "o1", Decimal("51.00"), "EUR", 2, "web")
    decided = given(PURCHASE, RECORDED).when(other)
    decided.then_rejected("purchase-differs")
    assert decided.rejection is not None
    assert "50.00" in decided.rejection.detail
    assert "51.00" in decided.rejection.detail


def test_lines_tax_and_points_are_recorded_and_belong_to_what_the_order_is() -> None:
    parts: Any = ((Line("spade", Decimal("20.00"), "garden/tools", 2),), Decimal("7.98"), Decimal("5.00"))
    bought = RecordPurchase(ANNA, "shop", "o1", Decimal("50.00"), "EUR", 2, "web", False, *parts)
    recorded = PurchaseRecorded(ANNA, "shop", "o1", Decimal("50.00"), "EUR", 2, "web", False, *parts)
    given(PURCHASE).when(bought).then(recorded)
    given(PURCHASE, recorded).when(bought).then_nothing()
    given(PURCHASE, recorded).when(BOUGHT).then_rejected("purchase-differs")


def test_the_same_order_of_another_customer_is_refused() -> None:
    given(PURCHASE, RECORDED).when(RecordPurchase(BEN, "shop", "o1", Decimal("50.00"), "EUR", 2, "web")).then_rejected(
        "purchase-differs"
    )


def test_a_refund_lowers_what_is_left() -> None:
    given(PURCHASE, RECORDED).when(refund("r1", "20.00")).then(refunded("r1", "20.00", "50.00", "30.00"))


def test_the_same_refund_again_is_quiet() -> None:
    given(PURCHASE, RECORDED, refunded("r1", "20.00", "50.00", "30.00")).when(refund("r1", "20.00")).then_nothing()


def test_the_same_refund_with_another_amount_is_refused() -> None:
    given(PURCHASE, RECORDED, refunded("r1", "20.00", "50.00", "30.00")).when(refund("r1", "21.00")).then_rejected(
        "refund-differs"
    )


def test_more_than_is_left_is_refused() -> None:
    history = (RECORDED, refunded("r1", "20.00", "50.00", "30.00"))
    given(PURCHASE, *history).when(refund("r2", "30.01")).then_rejected("refund-too-large")
    given(PURCHASE, *history).when(refund("r2", "30.00")).then(refunded("r2", "30.00", "30.00", "0.00"))


def test_another_currency_and_another_customer_are_refused() -> None:
    given(PURCHASE, RECORDED).when(refund("r1", "1.00", currency="USD")).then_rejected("refund-too-large")
    given(PURCHASE, RECORDED).when(refund("r1", "1.00", customer=BEN)).then_rejected("refund-too-large")


def test_a_refund_before_its_purchase_waits_for_it() -> None:
    given(PURCHASE).when(refund("r1", "20.00")).then(WAITING)
    given(PURCHASE, WAITING).when(refund("r1", "20.00")).then_nothing()
    given(PURCHASE, WAITING).when(BOUGHT).then(RECORDED, refunded("r1", "20.00", "50.00", "30.00"))


def test_a_refund_that_waited_and_does_not_fit_is_refused_in_the_log() -> None:
    waiting = RefundAwaitsPurchase(ANNA, "shop", "o1", "r1", Decimal("60.00"), "EUR")
    decided = given(PURCHASE, waiting).when(BOUGHT)
    assert [type(event) for event in decided.events] == [PurchaseRecorded, RefundRefused]


def _outcome(commands: list[RecordPurchase | RefundPurchase]) -> Purchase:
    history: list[Event] = []
    for command in commands:
        try:
            history += PURCHASE.decide(command, PURCHASE.fold(history))
        except Rejected:
            continue
    return PURCHASE.fold(history)


def test_any_order_of_a_purchase_and_its_refunds_ends_in_the_same_state() -> None:
    facts: list[RecordPurchase | RefundPurchase] = [BOUGHT, refund("r1", "20.00"), refund("r2", "30.00")]
    states = {(state.net, len(state.refunds)) for state in map(_outcome, map(list, permutations(facts)))}
    assert states == {(Decimal("0.00"), 2)}


COMMANDS = st.one_of(
    st.just(BOUGHT),
    st.builds(refund, st.sampled_from(["r1", "r2", "r3"]), st.sampled_from(["0.01", "20.00", "50.00", "50.01"])),
)


@for_all(st.lists(COMMANDS, max_size=12))
def test_no_order_of_commands_refunds_more_than_was_paid(commands: list[RecordPurchase | RefundPurchase]) -> None:
    state = _outcome(commands)
    assert state.net >= 0
