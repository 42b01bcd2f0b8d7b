"""Refunds: an order loses what its refunded part had earned, by the rule version of the purchase."""

from collections.abc import Sequence
from datetime import datetime

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.allocation import spending_order, take
from services.loyalty.domain.ledger.commands import ReverseEarning
from services.loyalty.domain.ledger.events import Event, PointsReversed, RefundAwaited
from services.loyalty.domain.ledger.lot import Lot, lot_id
from services.loyalty.domain.ledger.stating import stated
from services.loyalty.domain.programme.rules import RULES
from shared.errors import Rejected


def refund(command: ReverseEarning, account: Account) -> Sequence[Event]:
    """Take back what the refunded part had earned; before its order, it waits for it."""
    known = account.refunds.get(f"{command.source}:{command.refund_id}")
    if known is not None:
        if known != command.amount:
            raise Rejected("refund-differs", f"Refund {command.refund_id} is known with {known}. Use another id.")
        return ()
    lot = account.lots.get(lot_id(command.source, command.order_id))
    if lot is None:
        order = (command.customer_id, command.source, command.order_id)
        return (RefundAwaited(*order, command.refund_id, command.amount, command.refunded_at),)
    if command.amount > lot.net:
        raise Rejected(
            "refund-too-large",
            f"Of order {command.order_id}, {lot.net} {lot.currency} are left, and {command.amount} were to be"
            " refunded. Refund at most what is left.",
        )
    return (take_back(command, account, lot),)


def take_back(command: ReverseEarning, account: Account, lot: Lot) -> PointsReversed:
    """Take the points from the order's own lot and those that came out of it, then from the others; owe the rest.

    The own ones give whatever was not spent, pending or expired points too: who
    returns an order keeps nothing of it and owes nothing that they never could
    spend. The others give what can be spent, in spending order, then what is
    pending. What was cancelled while it waited for an action isn't taken twice.
    What is gone is owed, or waived: by the programme's policy, and where the account is closed.
    """
    rule, now, lots = RULES[lot.rule_version], command.now, account.lots
    net_after = lot.net - command.amount
    points = rule.points(lot.net) - rule.points(net_after)
    cancelled = min(points, lot.cancelled)
    parts = _taken(account, lot, points - cancelled, now)
    gone = points - cancelled - sum(parts.values())
    waived = gone if command.debt == "cap" or account.closed else 0
    waiting = {name: min(number, lots[name].awaited) for name, number in parts.items() if lots[name].is_pending(now)}
    expired = {name: number for name, number in parts.items() if lots[name].has_expired(now)}
    event = PointsReversed(
        command.customer_id,
        lot.lot_id,
        command.source,
        command.order_id,
        command.refund_id,
        points,
        lot.net,
        net_after,
        parts,
        gone - waived,
        0,
        waiting,
        expired.pop(lot.lot_id, 0),
        None,
        lot.points_currency,
        lot.partner,
        cancelled,
        expired,
        waived,
    )
    return stated(event, account, now)


def _taken(account: Account, lot: Lot, points: int, now: datetime) -> dict[str, int]:
    """Return from which lots the points are taken: the order's own first, then active ones, then pending ones."""
    of_currency = [*account.of(lot.points_currency)]
    own = [lot, *(item for item in of_currency if lot.transferred and item.origin == lot.lot_id)]
    names = {item.lot_id for item in own}
    others = sorted((item for item in of_currency if item.lot_id not in names), key=spending_order)
    gives = [
        *((item.lot_id, item.free(now)) for item in own),
        *((item.lot_id, item.active(now)) for item in others),
        *((item.lot_id, item.pending(now)) for item in others),
    ]
    return dict(take(((name, free) for name, free in gives if free), points))
