"""From which lots points are taken: what expires first is spent first."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import TypeVar

from services.loyalty.domain.ledger.lot import NEVER, Lot

L = TypeVar("L")


def spending_order(lot: Lot) -> tuple[datetime, datetime, datetime, str]:
    """Return the key by which lots are spent: soonest to expire (none last), then activated, earned, and by id."""
    return (lot.expires_at or NEVER, lot.activates_at, lot.earned_at, lot.lot_id)


def take(lots: Iterable[tuple[L, int]], points: int) -> Iterator[tuple[L, int]]:
    """Yield how many points each of `lots` gives, the first first; fewer than `points` where they hold fewer."""
    for lot, available in lots:
        given = min(points, available)
        if given > 0:
            yield lot, given
            points -= given


def allocate(lots: Iterable[Lot], points: int, available: Callable[[Lot], int]) -> dict[str, int]:
    """Return from which lots `points` are taken, in spending order, where each gives what is `available`."""
    return dict(take(((lot.lot_id, available(lot)) for lot in sorted(lots, key=spending_order)), points))
