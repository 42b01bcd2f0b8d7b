"""What becomes of a lot's points: together they are all of them, at any moment."""

from datetime import datetime

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.lot import Lot


def parts_of(lot: Lot, now: datetime) -> tuple[int, ...]:
    """Return what has become of a lot's points; together they are all of them."""
    ended = (lot.spent, lot.expired(now), lot.reversed, lot.transferred)
    return (lot.pending(now), lot.active(now), lot.held(now), *ended)


def withheld_of(account: Account, now: datetime) -> int:
    """Return how many points of an account look suspicious."""
    return sum(lot.withheld(now) for lot in account.lots.values())
