"""Earning: an order counts once for ever, and what it owes from before is settled with it."""

from collections.abc import Sequence
from decimal import Decimal

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.commands import Earn, ReverseEarning
from services.loyalty.domain.ledger.events import (
    Event,
    MemberEnrolled,
    NothingEarned,
    PointsEarned,
    RefundRefused,
)
from services.loyalty.domain.ledger.evolve import evolve
from services.loyalty.domain.ledger.filling import filled
from services.loyalty.domain.ledger.lot import lot_id
from services.loyalty.domain.ledger.refunding import take_back
from services.loyalty.domain.programme.rules import CURRENT
from shared.errors import Rejected


def earn(command: Earn, account: Account) -> Sequence[Event]:
    """Give the order its lot; a repeat gives nothing, another amount or an unknown point currency is refused."""
    name = lot_id(command.source, command.order_id)
    known = _known(account, name)
    if known is not None:
        if known != (command.net, command.currency):
            raise Rejected(
                "earning-differs",
                f"Order {command.order_id} of {command.source} has earned on {known[0]} {known[1]};"
                f" this one says {command.net} {command.currency}. Refund the order to correct it.",
            )
        return ()
    command.declared.must_know(command.points_currency)
    events: list[Event] = [] if account.enrolled else [MemberEnrolled(command.customer_id)]
    events.append(_earned(command, account, name))
    return (*events, *_settled(command, account, events))


def _known(account: Account, name: str) -> tuple[Decimal, str] | None:
    """Return what an order is known to have cost, whichever rules it earned by."""
    judged, lot = account.earnings.find(name), account.kept.get(name)
    if judged is not None:
        return judged.fact.amount, judged.fact.currency
    return None if lot is None else (lot.gross, lot.currency)


def _earned(command: Earn, account: Account, name: str) -> PointsEarned | NothingEarned:
    points = CURRENT.points(command.net)
    rule, currency = (CURRENT.name, CURRENT.version), command.points_currency
    order = (command.customer_id, name, command.source, command.order_id)
    if points == 0 or account.closed:
        return NothingEarned(*order, command.net, command.currency, *rule, currency, account.closed)
    blank = PointsEarned(
        *(*order, points, command.net, command.currency, *rule, command.earned_at, 0, 0),
        terms=command.terms,
        points_currency=currency,
        line=command.line,
        partner=command.partner,
        unit_cost=command.unit_cost,
    )
    return filled(blank, account, command.now)


def _settled(command: Earn, account: Account, events: Sequence[Event]) -> Sequence[Event]:
    """Settle the refunds that came before their order, in the order in which they came."""
    settled: list[Event] = []
    name = lot_id(command.source, command.order_id)
    waiting = (*account.waiting.get(name, ()), *command.waiting)
    for event in events if waiting else ():
        account = evolve(account, event)
    order = (command.customer_id, command.source, command.order_id)
    for refund in waiting:
        lot = account.lots[name]
        if refund.amount > lot.net:
            settled.append(RefundRefused(*order, refund.refund_id, refund.amount, lot.net))
        else:
            late = ReverseEarning(
                *order, refund.refund_id, refund.amount, command.now, refund.refunded_at, command.debt
            )
            back = take_back(late, account, lot)
            settled.append(back)
            account = evolve(account, back)
    return settled
