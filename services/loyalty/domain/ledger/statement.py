"""The statement of a period: opening + movements = closing, and both are what the balance was then."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from services.loyalty.domain.ledger.movements import Movement


class Statement(Struct, frozen=True):
    """The movements of a period, between the balances before and after it."""

    opening: int
    movements: Sequence[Movement]
    closing: int


def statement(moved: Sequence[Movement], since: datetime | None, until: datetime | None) -> Statement:
    """Return the statement of since <= moment < until; without them from the beginning, and to the end."""
    before = [item for item in moved if since is not None and item.at < since]
    within = [item for item in moved[len(before) :] if until is None or item.at < until]
    opening = before[-1].balance if before else 0
    return Statement(opening, within, within[-1].balance if within else opening)
