"""What was taken from which lots, and when: one row for each event that took, or gave back."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from msgspec import Struct, structs
from sqlalchemy import Boolean, Column, DateTime, MetaData, Numeric, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from services.loyalty.contracts.published import PUBLISHED
from services.loyalty.domain.ledger.events import (
    ExpirySuspended,
    HoldCaptured,
    HoldReleased,
    PassedOn,
    PendingActivated,
    PendingCancelled,
    PointsAdjusted,
    PointsEarned,
    PointsExpired,
    PointsForfeited,
    PointsHeld,
    PointsReceived,
    PointsRestored,
    PointsReversed,
    PointsSpent,
    PointsWithheld,
    SpendReversed,
)
from shared.events import Catalogue
from shared.store.contract import Recorded
from shared.views.view import View

Taking = PointsEarned | PointsSpent | SpendReversed | PointsReversed | PendingCancelled | PointsAdjusted
Keeping = PointsHeld | HoldCaptured | HoldReleased
Lapsing = PointsExpired | PointsRestored | PointsForfeited | ExpirySuspended | PointsWithheld
Parting = PendingActivated | PointsReceived
Moving = Taking | Keeping | Lapsing | Parting
"""The events that take points from lots, keep them, give them back, book that they lapsed, or part lots."""

_READ = {name: kind for name, kind in PUBLISHED.events.items() if issubclass(kind, Moving)}


class LotsMoved(Struct, frozen=True):
    """What one event did to lots. All of it is by lot.

    `redeemed` points were put to use, or came back where negative; `reversed` ones
    were taken back as never earned. A return also takes `price` of its sale out of
    `lot_id` ("": it is none). A hold keeps `held` points until before `held_until`
    (None: without limit), or until another event of `hold_id`, which holds nothing,
    ends it. `lapsed` is what was booked as lapsed, for lots of which time alone doesn't
    tell; `exempts`: it doesn't of any of the member's. `forfeited` lapsed at that moment,
    whatever their lots' ends. `parts` are lots that came out of others (lot -> where
    from): the member's own, or `giver`'s.
    """

    event_id: str
    customer_id: UUID
    occurred_at: datetime
    recorded_at: datetime
    redeemed: dict[str, int]
    lot_id: str = ""
    reversed: dict[str, int] = {}
    price: Decimal = Decimal(0)
    hold_id: str = ""
    held: dict[str, int] = {}
    held_until: datetime | None = None
    lapsed: dict[str, int] = {}
    exempts: bool = False
    forfeited: dict[str, int] = {}
    parts: dict[str, str] = {}
    giver: UUID | None = None


def key(recorded: Recorded) -> str | None:
    """Return the event's own name; None where it took nothing."""
    event: Moving = recorded.event
    if isinstance(event, PendingActivated) and event.into is None:
        return None
    return None if isinstance(event, PointsEarned) and not event.debt_repaid else recorded.id


def project(row: LotsMoved | None, recorded: Recorded) -> LotsMoved:
    """Return the event's row; nothing ever changes it."""
    event: Moving = recorded.event
    moved = _used(event, recorded)
    match event:
        case PointsReversed():
            price = event.net_after - event.net_before
            return structs.replace(moved, lot_id=event.lot_id, price=price)
        case SpendReversed():
            # Part of a lot lives on behind its end: so what is booked counts.
            return structs.replace(moved, parts=_origins(event.revived), exempts=bool(event.revived))
        case PointsForfeited():
            return structs.replace(moved, forfeited=event.allocations)
        case ExpirySuspended() | PointsWithheld():
            return structs.replace(moved, exempts=True)
        case _:
            return _parted_or_held(event, moved)


def _parted_or_held(event: Moving, moved: LotsMoved) -> LotsMoved:
    match event:
        case PendingActivated():
            return structs.replace(moved, parts={event.into or "": event.lot_id})
        case PointsReceived():
            return structs.replace(moved, parts=_origins(event.lots), giver=event.giver)
        case PointsHeld():
            return structs.replace(moved, hold_id=event.hold_id, held=event.allocations, held_until=event.until)
        case HoldCaptured() | HoldReleased():
            return structs.replace(moved, hold_id=event.hold_id)
        case _:
            return moved


def _used(event: Moving, recorded: Recorded) -> LotsMoved:
    used = {lot: points for lot, points in redeemed(event).items() if points}
    moved = LotsMoved(recorded.id, event.customer_id, recorded.occurred_at, recorded.recorded_at, used)
    return structs.replace(moved, lapsed=lapsed(event), reversed=taken_back(event))


def _origins(parts: Iterable[PassedOn]) -> dict[str, str]:
    return {part.lot_id: part.origin for part in parts}


def taken_back(event: Moving) -> dict[str, int]:
    """Return how many points of which lot an event takes back as never earned."""
    match event:
        case PointsReversed():
            own = event.allocations.get(event.lot_id, 0)
            return {event.lot_id: own} if own else {}
        case PendingCancelled():
            return {event.lot_id: event.points}
        case PointsAdjusted():
            return event.allocations
        case _:
            return {}


def lapsed(event: Moving) -> dict[str, int]:
    """Return how many points of which lot an event books as lapsed; negative where it takes that back."""
    match event:
        case PointsExpired():
            return {event.lot_id: event.points}
        case PointsRestored():
            return {event.lot_id: -event.points}
        case PointsReversed():
            back = {lot: -points for lot, points in event.lapsed.items()}
            return {**back, event.lot_id: back.get(event.lot_id, 0) - event.expired} if event.expired else back
        case SpendReversed() | HoldCaptured() | HoldReleased():
            return event.forfeited
        case _:
            return {}


def redeemed(event: Moving) -> dict[str, int]:
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
        case HoldCaptured():
            lots = {**event.allocations, **event.repaid}
            return {lot: event.allocations.get(lot, 0) + event.repaid.get(lot, 0) for lot in lots}
        case HoldReleased() | PointsReceived():
            return event.repaid
        case PointsAdjusted():
            return {event.lot_id: event.debt_repaid} if event.lot_id else {}
        case _:
            return {}


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
        Column("reversed", JSONB, nullable=False),
        Column("price", Numeric, nullable=False),
        Column("hold_id", Text, nullable=False),
        Column("held", JSONB, nullable=False),
        Column("held_until", DateTime(timezone=True)),
        Column("lapsed", JSONB, nullable=False),
        Column("exempts", Boolean, nullable=False),
        Column("forfeited", JSONB, nullable=False),
        Column("parts", JSONB, nullable=False),
        Column("giver", Uuid),
    ),
    row=LotsMoved,
    reads=(Catalogue("loyalty", _READ),),
    key=key,
    project=project,
    append_only=True,
)
