"""What was taken from which lots, and when: one row for each event that took, or gave back."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from msgspec import Struct, structs
from sqlalchemy import BigInteger, Column, DateTime, MetaData, Numeric, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from services.loyalty.contracts.published import PUBLISHED
from services.loyalty.domain.ledger.events import (
    HoldCaptured,
    HoldReleased,
    PointsEarned,
    PointsHeld,
    PointsReversed,
    PointsSpent,
    SpendReversed,
)
from shared.events import Catalogue
from shared.store.contract import Recorded
from shared.views.view import View

Taking = PointsEarned | PointsSpent | SpendReversed | PointsReversed | PointsHeld | HoldCaptured | HoldReleased
"""The events that take points from lots, keep them, or give them back. What time does follows from the lot alone."""

_READ = {name: kind for name, kind in PUBLISHED.events.items() if issubclass(kind, Taking)}


class LotsMoved(Struct, frozen=True):
    """What one event took: `redeemed` points by lot, negative where they came back.

    A return also takes `reversed` points, and `price` of its sale, out of `lot_id`
    ("": it is none). A hold keeps `held` points by lot until before `held_until` (None: without limit)
    or until another event of `hold_id`, which holds nothing, ends it.
    """

    event_id: str
    customer_id: UUID
    occurred_at: datetime
    recorded_at: datetime
    redeemed: dict[str, int]
    lot_id: str = ""
    reversed: int = 0
    price: Decimal = Decimal(0)
    hold_id: str = ""
    held: dict[str, int] = {}
    held_until: datetime | None = None


def key(recorded: Recorded) -> str | None:
    """Return the event's own name; None where it took nothing."""
    event: Taking = recorded.event
    return None if isinstance(event, PointsEarned) and not event.debt_repaid else recorded.id


def project(row: LotsMoved | None, recorded: Recorded) -> LotsMoved:
    """Return the event's row; nothing ever changes it."""
    event: Taking = recorded.event
    used = {lot: points for lot, points in redeemed(event).items() if points}
    moved = LotsMoved(recorded.id, event.customer_id, recorded.occurred_at, recorded.recorded_at, used)
    match event:
        case PointsReversed():
            own, price = event.allocations.get(event.lot_id, 0), event.net_after - event.net_before
            return structs.replace(moved, lot_id=event.lot_id, reversed=own, price=price)
        case PointsHeld():
            return structs.replace(moved, hold_id=event.hold_id, held=event.allocations, held_until=event.until)
        case HoldCaptured() | HoldReleased():
            return structs.replace(moved, hold_id=event.hold_id)
        case _:
            return moved


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
        case PointsHeld():
            return {}
        case HoldCaptured():
            lots = {**event.allocations, **event.repaid}
            return {lot: event.allocations.get(lot, 0) + event.repaid.get(lot, 0) for lot in lots}
        case HoldReleased():
            return event.repaid


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
        Column("hold_id", Text, nullable=False),
        Column("held", JSONB, nullable=False),
        Column("held_until", DateTime(timezone=True)),
    ),
    row=LotsMoved,
    reads=(Catalogue("loyalty", _READ),),
    key=key,
    project=project,
    append_only=True,
)
