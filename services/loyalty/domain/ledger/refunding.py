"""Refunds: an order loses what its refunded part had earned, by the rule version of the purchase."""

from collections.abc import Sequence

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.allocation import allocate
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
    """Take the points from the order's own lot, then from the others, and owe the rest.

    The own lot gives whatever was not spent, pending or expired points too: who
    returns an order keeps nothing of it and owes nothing that they never could
    spend. The others give what can be spent, in spending order, then what is pending.
    """
    rule, now = RULES[lot.rule_version], command.now
    net_after = lot.net - command.amount
    points = rule.points(lot.net) - rule.points(net_after)
    own = min(points, lot.free(now))
    others = [item for item in account.of(lot.points_currency) if item.lot_id != lot.lot_id]
    active = allocate(others, points - own, lambda item: item.active(now))
    pending = allocate(others, points - own - sum(active.values()), lambda item: item.pending(now))
    allocations = {**({lot.lot_id: own} if own else {}), **active, **pending}
    if own and lot.is_pending(now):
        pending[lot.lot_id] = own
    event = PointsReversed(
        command.customer_id,
        lot.lot_id,
        command.source,
        command.order_id,
        command.refund_id,
        points,
        lot.net,
        net_after,
        allocations,
        points - sum(allocations.values()),
        0,
        {name: min(number, account.lots[name].awaited) for name, number in pending.items()},
        own if lot.has_expired(now) else 0,
        None,
        lot.points_currency,
        lot.partner,
    )
    return stated(event, account, now)
