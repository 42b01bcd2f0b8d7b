"""A purchase and its refunds: what was paid, what went back, and never more back than was paid."""

from collections.abc import Sequence
from decimal import Decimal
from typing import assert_never
from uuid import UUID

from msgspec import Struct, structs

from shared.decider import Decider
from shared.errors import Rejected

NOTHING = Decimal(0)


class Line(Struct, frozen=True, omit_defaults=True):
    """A position of the order: `amount` is for the whole quantity, with tax; a category is a path, `garden/tools`."""

    product: str
    amount: Decimal
    category: str = ""
    quantity: int = 1


# --- events ----------------------------------------------------------------


class PurchaseRecorded(Struct, frozen=True):
    """The customer bought something; the event's occurred_at says when.

    `amount` has `tax` and `paid_with_points` in it, as far as they are known. Lines
    may tell of less than the amount.
    """

    customer_id: UUID
    source: str
    order_id: str
    amount: Decimal
    currency: str
    items: int
    channel: str
    invented: bool = False
    lines: tuple[Line, ...] = ()
    tax: Decimal = NOTHING
    paid_with_points: Decimal = NOTHING


class PurchaseRefunded(Struct, frozen=True):
    """Part of the purchase, or all of it, was paid back: `net_after` of it is left."""

    customer_id: UUID
    source: str
    order_id: str
    refund_id: str
    amount: Decimal
    currency: str
    net_before: Decimal
    net_after: Decimal


class RefundAwaitsPurchase(Struct, frozen=True):
    """A refund came before its purchase; it will be settled as soon as the purchase is recorded."""

    customer_id: UUID
    source: str
    order_id: str
    refund_id: str
    amount: Decimal
    currency: str


class RefundRefused(Struct, frozen=True):
    """A refund that waited turned out not to fit its purchase, of which only `refundable` was left."""

    customer_id: UUID
    source: str
    order_id: str
    refund_id: str
    amount: Decimal
    currency: str
    refundable: Decimal
    reason: str


Event = PurchaseRecorded | PurchaseRefunded | RefundAwaitsPurchase | RefundRefused

# --- commands --------------------------------------------------------------


class RecordPurchase(Struct, frozen=True):
    """Record a purchase, once."""

    customer_id: UUID
    source: str
    order_id: str
    amount: Decimal
    currency: str
    items: int
    channel: str
    invented: bool = False
    lines: tuple[Line, ...] = ()
    tax: Decimal = NOTHING
    paid_with_points: Decimal = NOTHING


class RefundPurchase(Struct, frozen=True):
    """Pay back `amount` of the purchase, once for each refund id."""

    customer_id: UUID
    source: str
    order_id: str
    refund_id: str
    amount: Decimal
    currency: str


Command = RecordPurchase | RefundPurchase

# --- state -----------------------------------------------------------------


class Purchase(Struct, frozen=True):
    """The purchase as recorded, what of it is left, and every refund by its id."""

    recorded: PurchaseRecorded | None = None
    net: Decimal = Decimal(0)
    refunds: dict[str, Decimal] = {}
    waiting: tuple[RefundAwaitsPurchase, ...] = ()


def decide(command: Command, purchase: Purchase) -> Sequence[Event]:
    """Return the facts that obey `command`; a repeat gives none, a contradiction is refused."""
    match command:
        case RecordPurchase():
            return _record(command, purchase)
        case RefundPurchase():
            return _refund(command, purchase)
        case _:
            assert_never(command)


def _record(command: RecordPurchase, purchase: Purchase) -> Sequence[Event]:
    fact = PurchaseRecorded(*structs.astuple(command))
    if purchase.recorded is None:
        return (fact, *_settle(fact, purchase.waiting))
    if purchase.recorded != fact:
        known = purchase.recorded
        raise Rejected(
            "purchase-differs",
            f"Order {command.order_id} of {command.source} is recorded with {known.amount} {known.currency},"
            f" {known.items} items, {len(known.lines)} lines, for customer {known.customer_id}; this one says"
            f" {command.amount} {command.currency}, {command.items} items, {len(command.lines)} lines,"
            f" for {command.customer_id}."
            " Send a refund to correct an amount, or use another order id.",
        )
    return ()


def _settle(fact: PurchaseRecorded, waiting: Sequence[RefundAwaitsPurchase]) -> Sequence[Event]:
    """Settle the refunds that came too early, in the order in which they came."""
    settled: list[Event] = []
    net = fact.amount
    for refund in waiting:
        reason = _misfit(refund, fact, net)
        if reason:
            settled.append(RefundRefused(**structs.asdict(refund), refundable=net, reason=reason))
        else:
            settled.append(PurchaseRefunded(**structs.asdict(refund), net_before=net, net_after=net - refund.amount))
            net -= refund.amount
    return settled


def _refund(command: RefundPurchase, purchase: Purchase) -> Sequence[Event]:
    known = purchase.refunds.get(command.refund_id)
    if known == command.amount:
        return ()
    if known is not None:
        raise Rejected(
            "refund-differs",
            f"Refund {command.refund_id} is recorded with {known}; this one says {command.amount}. Use another id.",
        )
    if purchase.recorded is None:
        return (RefundAwaitsPurchase(*structs.astuple(command)),)
    reason = _misfit(command, purchase.recorded, purchase.net)
    if reason:
        raise Rejected("refund-too-large", f"{reason} Refund at most what is left.")
    net = purchase.net
    return (PurchaseRefunded(**structs.asdict(command), net_before=net, net_after=net - command.amount),)


def _misfit(refund: RefundPurchase | RefundAwaitsPurchase, fact: PurchaseRecorded, net: Decimal) -> str | None:
    if refund.customer_id != fact.customer_id:
        return f"Order {fact.order_id} belongs to another customer."
    if refund.currency != fact.currency:
        return f"Order {fact.order_id} was paid in {fact.currency}, not in {refund.currency}."
    if refund.amount > net:
        return f"Of order {fact.order_id}, {net} {fact.currency} are left, and {refund.amount} were to be refunded."
    return None


def evolve(purchase: Purchase, event: Event) -> Purchase:
    """Return the purchase as it is after the event."""
    match event:
        case PurchaseRecorded():
            return structs.replace(purchase, recorded=event, net=event.amount, waiting=())
        case PurchaseRefunded():
            refunds = {**purchase.refunds, event.refund_id: event.amount}
            return structs.replace(purchase, net=event.net_after, refunds=refunds)
        case RefundAwaitsPurchase():
            refunds = {**purchase.refunds, event.refund_id: event.amount}
            return structs.replace(purchase, refunds=refunds, waiting=(*purchase.waiting, event))
        case RefundRefused():
            return purchase
        case _:
            assert_never(event)


PURCHASE = Decider("purchase", Purchase(), decide, evolve)
