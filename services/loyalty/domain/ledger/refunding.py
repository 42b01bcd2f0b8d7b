"""Refunds: an order loses what its refunded part had earned, by the rule version of the purchase."""

from collections.abc import Sequence

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.commands import ReverseEarning
from services.loyalty.domain.ledger.events import Event, PointsReversed, RefundAwaited
from services.loyalty.domain.ledger.judging import return_judged
from services.loyalty.domain.ledger.lot import Lot, lot_id
from services.loyalty.domain.ledger.reversing import reversal
from services.loyalty.domain.programme.rules import RULES
from shared.errors import Rejected


def refund(command: ReverseEarning, account: Account) -> Sequence[Event]:
    """Take back what the refunded part had earned; before its order, it waits for it."""
    known = account.refunds.get(f"{command.source}:{command.refund_id}")
    if known is not None:
        if known != command.amount:
            raise Rejected("refund-differs", f"Refund {command.refund_id} is known with {known}. Use another id.")
        return ()
    name = lot_id(command.source, command.order_id)
    if account.earnings.find(name) is not None:
        return return_judged(command, account)
    lot = account.lots.get(name)
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
    """Take back the difference that the rule version of the purchase makes of what is left."""
    rule, net_after = RULES[lot.rule_version], lot.net - command.amount
    points = rule.points(lot.net) - rule.points(net_after)
    blank = PointsReversed(
        *(command.customer_id, lot.lot_id, command.source, command.order_id, command.refund_id, points),
        *(lot.net, net_after, {}, 0, 0),
        refunded_at=command.refunded_at,
        points_currency=lot.points_currency,
        partner=lot.partner,
    )
    return reversal(blank, account, lot, command.now, command.debt)
