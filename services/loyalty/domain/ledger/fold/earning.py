"""What an order and its refunds add to an account."""

from datetime import datetime
from decimal import Decimal

from msgspec import structs

from services.loyalty.domain.ledger.account import Account, Waiting
from services.loyalty.domain.ledger.events import NothingEarned, PointsEarned, PointsReversed, RefundAwaited
from services.loyalty.domain.ledger.fold.adding import added, owing
from services.loyalty.domain.ledger.fold.qualified import with_earned, with_taken_back
from services.loyalty.domain.ledger.lifetime import lives_by_activity
from services.loyalty.domain.ledger.lot import ALWAYS, NEVER, Lot, lot_id


def earned(account: Account, event: PointsEarned | NothingEarned) -> Account:
    """Return the account with the order's lot, be it empty; refunds that waited for it no longer do."""
    known = account.kept.get(event.lot_id) or Lot(event.lot_id)
    debts, qualified = account.debts, account.qualified
    if isinstance(event, PointsEarned):
        lot = filled(known, event)
        debts = owing(account, event.points_currency, -event.debt_repaid)
        qualified = with_earned(account, event)
    else:
        lot = structs.replace(
            known,
            gross=event.net,
            currency=event.currency,
            rule_version=event.rule_version,
            points=0,
            points_currency=event.points_currency,
        )
    waiting = account.waiting
    if event.lot_id in waiting:
        waiting = {name: refunds for name, refunds in waiting.items() if name != event.lot_id}
    return structs.replace(
        account,
        customer_id=event.customer_id,
        debts=debts,
        kept={**account.kept, event.lot_id: lot},
        waiting=waiting,
        renews=account.renews or lives_by_activity(lot.terms),
        qualified=qualified,
    )


def filled(lot: Lot, event: PointsEarned) -> Lot:
    """Return the lot with what was earned; what is known of it already was told before it."""
    return structs.replace(
        lot,
        gross=event.net,
        currency=event.currency,
        rule_version=event.rule_version,
        points=event.points,
        spent=lot.spent + event.debt_repaid,
        earned_at=event.earned_at,
        activates_at=_activates_at(lot, event),
        expires_at=lot.expires_at if event.awaits else event.expires_at,
        awaited=lot.awaited + event.pending,
        points_currency=event.points_currency,
        rule=event.rule,
        line=event.line,
        partner=event.partner,
        unit_cost=event.unit_cost,
        terms=event.terms,
        awaits=event.awaits,
    )


def _activates_at(lot: Lot, event: PointsEarned) -> datetime:
    """Return from when on the points can be spent; an action may be known before what waits for it."""
    if event.awaits:
        return NEVER if lot.activates_at == ALWAYS else lot.activates_at
    return event.activates_at or event.earned_at


def reversed_(account: Account, event: PointsReversed) -> Account:
    """Return the account without what a refund took: from the order's own lot, from others, and as a debt."""
    own = event.allocations.get(event.lot_id, 0)
    others = {name: points for name, points in event.allocations.items() if name != event.lot_id}
    currency = event.points_currency
    lots = added(added(account.kept, currency, "spent", others), currency, "awaited", event.pending, -1)
    lots = added(lots, currency, "lapsed", event.lapsed, -1)
    amount = event.net_before - event.net_after
    lot = lots.get(event.lot_id) or Lot(event.lot_id, points_currency=currency)
    lots[event.lot_id] = structs.replace(
        lot,
        refunded=lot.refunded + amount,
        reversed=lot.reversed + own,
        lapsed=lot.lapsed - event.expired,
        cancelled=lot.cancelled - event.cancelled,
    )
    refunds: dict[str, Decimal] = account.refunds
    if event.refund_id:
        refunds = {**refunds, f"{event.source}:{event.refund_id}": amount}
    debts, qualified = owing(account, currency, event.debt), with_taken_back(account, event)
    return structs.replace(account, debts=debts, kept=lots, refunds=refunds, qualified=qualified)


def awaited(account: Account, event: RefundAwaited) -> Account:
    """Return the account with a refund that waits for its order."""
    name = lot_id(event.source, event.order_id)
    waiting = (*account.waiting.get(name, ()), Waiting(event.refund_id, event.amount, event.refunded_at))
    refunds = {**account.refunds, f"{event.source}:{event.refund_id}": event.amount}
    return structs.replace(account, refunds=refunds, waiting={**account.waiting, name: waiting})
