"""Booking: what time alone did to lots and holds is written down, one moment after the other.

Nothing waits for it. What can be spent follows from the moment at which one asks.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.commands import Book
from services.loyalty.domain.ledger.events import Event, PointsActivated, PointsExpired
from services.loyalty.domain.ledger.evolve import evolve
from services.loyalty.domain.ledger.holding import lapse
from services.loyalty.domain.ledger.lot import NEVER, Lot
from services.loyalty.domain.ledger.stating import stated


def wakes(account: Account) -> datetime | None:
    """Return the earliest moment, past or future, of which something isn't booked yet."""
    return min(_moments(account), default=None)


def _moments(account: Account) -> Iterator[datetime]:
    for lot in account.lots.values():
        moment = _unbooked(lot)
        if moment is not None:
            yield moment
    for hold in account.holds.values():
        if hold.until and not hold.ended:
            yield hold.until


def book(command: Book, account: Account) -> Sequence[Event]:
    """Book the earliest moment that has come: what activated then, what expired then, and which holds were over."""
    moment, customer_id = wakes(account), account.customer_id
    if moment is None or moment > command.now or customer_id is None:
        return ()
    booked: list[Event] = []
    for lot in sorted(account.lots.values(), key=lambda lot: lot.lot_id):
        for event in _due(lot, moment, customer_id):
            booked.append(stated(event, account, command.now))
            account = evolve(account, booked[-1])
    for hold_id, hold in sorted(account.holds.items()):
        if hold.until == moment and not hold.ended:
            booked.append(lapse(account, customer_id, hold_id, hold, command.now))
            account = evolve(account, booked[-1])
    return booked


def _unbooked(lot: Lot) -> datetime | None:
    """Return the next moment at which something becomes of a lot that isn't booked yet; None where nothing does."""
    if lot.awaited:
        # What waits for an action isn't up to time.
        return None if lot.activates_at == NEVER else lot.activates_at
    return lot.expires_at if lot.expires_at and lot.left - lot.reserved != lot.lapsed else None


def _due(lot: Lot, moment: datetime, customer_id: UUID) -> Iterator[PointsActivated | PointsExpired]:
    if moment != _unbooked(lot):
        return
    if lot.awaited:
        yield PointsActivated(customer_id, lot.lot_id, lot.awaited, moment, 0, lot.points_currency)
    else:
        points = lot.left - lot.reserved - lot.lapsed
        yield PointsExpired(customer_id, lot.lot_id, points, moment, 0, lot.points_currency)
