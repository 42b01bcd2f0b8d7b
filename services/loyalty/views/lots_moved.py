"""What was taken from which lots, and when: one row for each event that took, or gave back."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from msgspec import Struct, structs
from sqlalchemy import BigInteger, Column, DateTime, MetaData, Numeric, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from services.loyalty.contracts.published import PUBLISHED
from services.loyalty.domain.ledger.events import PointsEarned, PointsReversed, PointsSpent, SpendReversed
from shared.events import Catalogue
from shared.store.contract import Recorded
from shared.views.view import View

Taking = PointsEarned | PointsSpent | SpendReversed | PointsReversed
"""The events that take points from lots or give them back. What time does to a lot follows from the lot alone."""

_READ = {name: kind for name, kind in PUBLISHED.events.items() if issubclass(kind, Taking)}


class LotsMoved(Struct, frozen=True):
    """What one event took: `redeemed` points by lot, negative where they came back.

    A return also takes `reversed` points, and `price` of its sale, out of `lot_id` ("": it is none).
    """

    event_id: str
    customer_id: UUID
    occurred_at: datetime
    recorded_at: datetime
    redeemed: dict[str, int]
    lot_id: str = ""
    reversed: int = 0
    price: Decimal = Decimal(0)


def key(recorded: Recorded) -> str | None:
    """Return the event's own name; None where it took nothing."""
    event: Taking = recorded.event
    return None if isinstance(event, PointsEarned) and not event.debt_repaid else recorded.id


def project(row: LotsMoved | None, recorded: Recorded) -> LotsMoved:
    """Return the event's row; nothing ever changes it."""
    event: Taking = recorded.event
    used = {lot: points for lot, points in redeemed(event).items() if points}
    moved = LotsMoved(recorded.id, event.customer_id, recorded.occurred_at, recorded.recorded_at, used)
    if not isinstance(event, PointsReversed):
        return moved
    own, price = event.allocations.get(event.lot_id, 0), event.net_after - event.net_before
    return structs.replace(moved, lot_id=event.lot_id, reversed=own, price=price)


def redeemed(event: Taking) -> dict[str, int]:
    """Return how many points of which lot an event put to use: for a spend, or for what was owed."""
    match event:
        case PointsEarned():
            return {event.lot_id: event.debt_repaid}
        case PointsSpent():
            return event.allocations
        case SpendReversed():
            return {lot: event.repaid.get(lot, 0) - points for lot, points in event.allocations.items()}
        case PointsReversed():
            return {lot: points for lot, points in event.allocations.items() if lot != event.lot_id}


LOTS_MOVED = View(
    name="lots_moved",
    table=Table(
        "lots_moved_v2",
        MetaData(),
        Column("event_id", Text, primary_key=True),
        Column("customer_id", Uuid, nullable=False),
        Column("occurred_at", DateTime(timezone=True), nullable=False),
        Column("recorded_at", DateTime(timezone=True), nullable=False),
        Column("redeemed", JSONB, nullable=False),
        Column("lot_id", Text, nullable=False),
        Column("reversed", BigInteger, nullable=False),
        Column("price", Numeric, nullable=False),
    ),
    row=LotsMoved,
    reads=(Catalogue("loyalty", _READ),),
    key=key,
    project=project,
    append_only=True,
)
