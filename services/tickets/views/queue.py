"""The queue: each ticket with what is due on it next. Where nothing is due any more, the row stays for the lists."""

from datetime import datetime
from typing import assert_never
from uuid import UUID

from msgspec import Struct, structs
from sqlalchemy import Boolean, Column, DateTime, Integer, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from services.tickets.contracts.published import PUBLISHED
from services.tickets.domain.events import (
    AcknowledgementBreached,
    AcknowledgementWarned,
    ComplaintAcknowledged,
    ComplaintClosed,
    ComplaintOpened,
    ComplaintReopened,
    ComplaintResolved,
    Event,
    PromiseBreached,
    PromiseKept,
    PromiseMade,
    PromiseWarned,
)
from services.tickets.domain.terms import Decision, Severity, Status
from services.tickets.domain.ticket import Duty
from shared.store.contract import Recorded
from shared.views.view import View

ACKNOWLEDGEMENT = ""
"""In `warned`, where the others are ids of promises."""


class QueueRow(Struct, frozen=True):
    """One ticket: what it is, where it stands, and what is due next.

    `promises` are the open ones, id -> due. `promises_broken` counts those that
    were not kept in time, for ever. `next_warned`: time is short for what is due next.
    """

    ticket_id: UUID
    customer_id: UUID
    category: str
    severity: Severity
    status: Status
    channel: str
    received_at: datetime
    acknowledge_by: datetime
    acknowledged: bool
    acknowledgement_breached: bool
    promises: dict[str, datetime]
    promises_broken: int
    next_due_at: datetime | None
    next_due: Duty | None
    next_warned: bool
    warned: tuple[str, ...]
    reopenings: int
    decision: Decision | None
    touchpoint: str | None
    invented: bool


def project(row: QueueRow | None, recorded: Recorded) -> QueueRow | None:
    """Return the ticket's row after the event."""
    event: Event = recorded.event
    after = _opened(event) if isinstance(event, ComplaintOpened) else row and _changed(row, event)
    return after and _with_next(after)


def _opened(event: ComplaintOpened) -> QueueRow:
    return QueueRow(
        event.ticket_id,
        event.customer_id,
        event.category,
        event.severity,
        Status.RECEIVED,
        event.channel,
        event.received_at,
        event.acknowledge_by,
        acknowledged=False,
        acknowledgement_breached=False,
        promises={},
        promises_broken=0,
        next_due_at=None,
        next_due=None,
        next_warned=False,
        warned=(),
        reopenings=0,
        decision=None,
        touchpoint=event.touchpoint,
        invented=event.invented,
    )


def _changed(row: QueueRow, event: Event) -> QueueRow:
    match event:
        case ComplaintOpened():
            return row
        case ComplaintAcknowledged():
            status = Status.ACKNOWLEDGED if row.status is Status.RECEIVED else row.status
            return structs.replace(row, acknowledged=True, status=status)
        case PromiseMade() | PromiseKept():
            return structs.replace(row, promises=_open_promises(row.promises, event))
        case AcknowledgementWarned() | PromiseWarned() | AcknowledgementBreached() | PromiseBreached():
            return _late(row, event)
        case ComplaintResolved():
            return structs.replace(row, status=Status.RESOLVED, decision=event.decision)
        case ComplaintReopened():
            return structs.replace(row, status=Status.REOPENED, decision=None, reopenings=row.reopenings + 1)
        case ComplaintClosed():
            return structs.replace(row, status=Status.CLOSED)
        case _:
            assert_never(event)


def _open_promises(known: dict[str, datetime], event: PromiseMade | PromiseKept) -> dict[str, datetime]:
    if isinstance(event, PromiseMade):
        return {**known, event.promise_id: event.due_at}
    return {name: due_at for name, due_at in known.items() if name != event.promise_id}


def _late(
    row: QueueRow, event: AcknowledgementWarned | PromiseWarned | AcknowledgementBreached | PromiseBreached
) -> QueueRow:
    match event:
        case AcknowledgementWarned():
            return structs.replace(row, warned=(*row.warned, ACKNOWLEDGEMENT))
        case PromiseWarned():
            return structs.replace(row, warned=(*row.warned, event.promise_id))
        case AcknowledgementBreached():
            return structs.replace(row, acknowledgement_breached=True)
        case PromiseBreached():
            return structs.replace(row, promises_broken=row.promises_broken + 1)
        case _:
            assert_never(event)


def _with_next(row: QueueRow) -> QueueRow:
    """The earliest deadline counts; the acknowledgement is due until the ticket leaves its first status."""
    duties = [(due_at, Duty.PROMISE, name) for name, due_at in row.promises.items()]
    if row.status is Status.RECEIVED:
        duties.append((row.acknowledge_by, Duty.ACKNOWLEDGEMENT, ACKNOWLEDGEMENT))
    due_at, duty, name = min(duties, default=(None, None, None))
    return structs.replace(row, next_due_at=due_at, next_due=duty, next_warned=name in row.warned)


QUEUE = View(
    name="queue",
    table=Table(
        "queue_v2",
        MetaData(),
        Column("ticket_id", Uuid, primary_key=True),
        Column("customer_id", Uuid, nullable=False),
        Column("category", Text, nullable=False),
        Column("severity", Text, nullable=False),
        Column("status", Text, nullable=False),
        Column("channel", Text, nullable=False),
        Column("received_at", DateTime(timezone=True), nullable=False),
        Column("acknowledge_by", DateTime(timezone=True), nullable=False),
        Column("acknowledged", Boolean, nullable=False),
        Column("acknowledgement_breached", Boolean, nullable=False),
        Column("promises", JSONB, nullable=False),
        Column("promises_broken", Integer, nullable=False),
        Column("next_due_at", DateTime(timezone=True)),
        Column("next_due", Text),
        Column("next_warned", Boolean, nullable=False),
        Column("warned", JSONB, nullable=False),
        Column("reopenings", Integer, nullable=False),
        Column("decision", Text),
        Column("touchpoint", Text),
        Column("invented", Boolean, nullable=False),
    ),
    row=QueueRow,
    reads=(PUBLISHED,),
    key=lambda recorded: recorded.event.ticket_id,
    project=project,
)
