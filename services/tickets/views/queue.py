"""What is due: one row for each complaint, with the next thing that the customer waits for."""

from datetime import datetime
from typing import assert_never
from uuid import UUID

from msgspec import Struct, structs
from sqlalchemy import Boolean, Column, DateTime, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from services.tickets.contracts.published import PUBLISHED
from services.tickets.domain.events import (
    ComplaintAcknowledged,
    ComplaintClosed,
    ComplaintOpened,
    ComplaintReopened,
    ComplaintResolved,
    Event,
    PromiseKept,
    PromiseMade,
)
from shared.store.contract import Recorded
from shared.views.view import View


class QueueRow(Struct, frozen=True):
    """A complaint in the queue; `due_at` and `due` are what comes next, None when nothing is awaited."""

    ticket_id: UUID
    customer_id: UUID
    status: str
    severity: str
    category: str
    channel: str
    received_at: datetime
    acknowledge_by: datetime
    acknowledged_at: datetime | None
    promises: dict[str, datetime]
    due_at: datetime | None
    due: str | None
    touchpoint: str | None
    invented: bool


def project(row: QueueRow | None, recorded: Recorded) -> QueueRow | None:
    """Return the complaint's row after the event."""
    event: Event = recorded.event
    if isinstance(event, ComplaintOpened):
        return _with_due(_opened(event))
    return None if row is None else _with_due(_after(row, event))


def _opened(event: ComplaintOpened) -> QueueRow:
    return QueueRow(
        event.ticket_id,
        event.customer_id,
        "open",
        event.severity.value,
        event.category,
        event.channel,
        event.received_at,
        event.acknowledge_by,
        None,
        {},
        None,
        None,
        event.touchpoint,
        event.invented,
    )


def _after(row: QueueRow, event: Event) -> QueueRow:
    match event:
        case ComplaintAcknowledged():
            return structs.replace(row, acknowledged_at=event.acknowledged_at)
        case PromiseMade():
            return structs.replace(row, promises={**row.promises, event.promise_id: event.due_at})
        case PromiseKept():
            left = {name: due for name, due in row.promises.items() if name != event.promise_id}
            return structs.replace(row, promises=left)
        case ComplaintResolved():
            return structs.replace(row, status="resolved")
        case ComplaintReopened():
            return structs.replace(row, status="open")
        case ComplaintClosed():
            return structs.replace(row, status="closed")
        case ComplaintOpened():
            return row
        case _:
            assert_never(event)


def _with_due(row: QueueRow) -> QueueRow:
    """Return the row with the earliest of what is awaited while the complaint is open."""
    awaited = [(due, f"promise:{name}") for name, due in row.promises.items()]
    if row.acknowledged_at is None:
        awaited.append((row.acknowledge_by, "acknowledgement"))
    due_at, due = min(awaited) if awaited and row.status == "open" else (None, None)
    return structs.replace(row, due_at=due_at, due=due)


QUEUE = View(
    name="queue",
    version=1,
    table=Table(
        "queue",
        MetaData(),
        Column("ticket_id", Uuid, primary_key=True),
        Column("customer_id", Uuid),
        Column("status", Text),
        Column("severity", Text),
        Column("category", Text),
        Column("channel", Text),
        Column("received_at", DateTime(timezone=True)),
        Column("acknowledge_by", DateTime(timezone=True)),
        Column("acknowledged_at", DateTime(timezone=True)),
        Column("promises", JSONB),
        Column("due_at", DateTime(timezone=True)),
        Column("due", Text),
        Column("touchpoint", Text),
        Column("invented", Boolean),
    ),
    row=QueueRow,
    reads=(PUBLISHED,),
    key=lambda recorded: recorded.event.ticket_id,
    project=project,
)
