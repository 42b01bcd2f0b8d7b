"""Booking: what time alone did to a lot is written down, one moment after the other.

Nothing waits for it. What can be spent follows from the moment at which one asks.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from services.loyalty.domain.ledger.account import Account, Lot
from services.loyalty.domain.ledger.commands import Book
from services.loyalty.domain.ledger.events import Event, PointsActivated, PointsExpired
from services.loyalty.domain.ledger.evolve import evolve
from services.loyalty.domain.ledger.stating import stated


def wakes(account: Account) -> datetime | None:
    """Return the earliest moment, past or future, whose activations or expiries are not booked yet."""
    return min((moment for lot in account.lots.values() for moment in _unbooked(lot)), default=None)


def book(command: Book, account: Account) -> Sequence[Event]:
    """Book the earliest moment that has come: what activated then, and what expired then."""
    moment, customer_id = wakes(account), account.customer_id
    if moment is None or moment > command.now or customer_id is None:
        return ()
    booked: list[Event] = []
    for lot in sorted(account.lots.values(), key=lambda lot: lot.lot_id):
        for event in _due(lot, moment, customer_id):
            booked.append(stated(event, account, command.now))
            account = evolve(account, booked[-1])
    return booked


def _unbooked(lot: Lot) -> Iterator[datetime]:
    if lot.awaited:
        yield lot.activates_at
    elif lot.expires_at and lot.left != lot.lapsed:
        yield lot.expires_at


def _due(lot: Lot, moment: datetime, customer_id: UUID) -> Iterator[PointsActivated | PointsExpired]:
    if moment not in _unbooked(lot):
        return
    if lot.awaited:
        yield PointsActivated(customer_id, lot.lot_id, lot.awaited, moment, 0)
    else:
        yield PointsExpired(customer_id, lot.lot_id, lot.left - lot.lapsed, moment, 0)
