"""Taking back what was earned: from which lots, and what becomes of points that are gone."""

from datetime import datetime

from msgspec import structs

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.allocation import spending_order, take
from services.loyalty.domain.ledger.events import PointsReversed
from services.loyalty.domain.ledger.lot import Lot
from services.loyalty.domain.ledger.policies import DebtPolicy
from services.loyalty.domain.ledger.stating import stated


def reversal(blank: PointsReversed, account: Account, lot: Lot, now: datetime, debt: DebtPolicy) -> PointsReversed:
    """Take the points from the order's own lot and those that came out of it, then from the others; owe the rest.

    The own ones give whatever was not spent, pending or expired points too: who
    returns an order keeps nothing of it and owes nothing that they never could
    spend. The others give what can be spent, in spending order, then what is
    pending. What was cancelled while it waited for an action isn't taken twice.
    What is gone is owed, or waived: by the programme's policy, and where the account is closed.
    """
    points, lots = blank.points, account.lots
    cancelled = min(points, lot.cancelled)
    parts = _taken(account, lot, points - cancelled, now)
    gone = points - cancelled - sum(parts.values())
    waived = gone if debt == "cap" or account.closed else 0
    waiting = {name: min(number, lots[name].awaited) for name, number in parts.items() if lots[name].is_pending(now)}
    expired = {name: number for name, number in parts.items() if lots[name].has_expired(now)}
    event = structs.replace(
        blank,
        allocations=parts,
        debt=gone - waived,
        pending=waiting,
        expired=expired.pop(lot.lot_id, 0),
        cancelled=cancelled,
        lapsed=expired,
        waived=waived,
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
