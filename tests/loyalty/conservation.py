"""What becomes of a lot's points: together they are all of them, at any moment."""

from datetime import datetime

from services.loyalty.domain.ledger.lot import Lot


def parts_of(lot: Lot, now: datetime) -> tuple[int, ...]:
    """Return what has become of a lot's points; together they are all of them."""
    ended = (lot.spent, lot.expired(now), lot.reversed, lot.transferred)
    return (lot.pending(now), lot.active(now), lot.held(now), *ended)
