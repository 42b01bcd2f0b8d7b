"""What the API gives out: a ticket with what is due on it, a row of the queue, an event of the history."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from pydantic import BaseModel, Field

from services.tickets.api.redress import GivenRedress
from services.tickets.domain.terms import Decision, PromiseKind, Severity, Status, StatusCategory
from services.tickets.domain.ticket import Duty, Promise, Ticket, due
from services.tickets.views.queue import QueueRow
from shared.store.contract import Recorded


class PromiseAnswer(BaseModel):
    """A promise, and how it went."""

    promise_id: str
    kind: PromiseKind
    content: str
    due_at: datetime
    kept_at: datetime | None
    kept_in_time: bool | None = Field(description="Null as long as it is neither kept nor overdue.")


class DueAnswer(BaseModel):
    """Something that the customer is owed."""

    what: Duty
    promise_id: str | None
    due_at: datetime
    overdue: bool


class ResolutionAnswer(BaseModel):
    """The decision, its reasons, and what puts it right."""

    decision: Decision
    redress: list[GivenRedress]
    explanation: str
    resolved_at: datetime
    reopen_until: datetime


class TicketAnswer(BaseModel):
    """A ticket as it is now, folded from its events."""

    ticket_id: UUID
    customer_id: UUID
    status: Status
    status_category: StatusCategory
    category: str
    severity: Severity
    summary: str
    channel: str
    touchpoint: str | None
    invented: bool = Field(description="True for what a demonstration made up.")
    received_at: datetime
    acknowledge_by: datetime
    acknowledged_at: datetime | None
    levels_version: int = Field(description="The service levels that made the first deadlines.")
    due: list[DueAnswer] = Field(description="What the customer is owed, the most urgent first.")
    promises: list[PromiseAnswer]
    resolution: ResolutionAnswer | None
    reopenings: int
    closed_at: datetime | None


class QueueEntry(BaseModel):
    """A ticket in a list, with what is due on it next."""

    ticket_id: UUID
    customer_id: UUID
    category: str
    severity: Severity
    status: Status
    status_category: StatusCategory
    channel: str
    received_at: datetime
    acknowledged: bool
    acknowledgement_breached: bool = Field(description="It wasn't acknowledged in time.")
    promises_broken: int = Field(description="Promises that were not kept in time, also those that were kept later.")
    next_due: Duty | None
    next_due_at: datetime | None
    next_warned: bool = Field(description="Little time is left for what is due next.")
    overdue: bool
    reopenings: int
    decision: Decision | None
    touchpoint: str | None
    invented: bool


class PageMeta(BaseModel):
    """What is known of the rest of a list."""

    has_more: bool
    current_at: datetime | None = Field(description="All that was published by this moment is shown; null: not known.")


class PageLinks(BaseModel):
    """Where the list goes on; null at its end."""

    next: str | None


class QueuePage(BaseModel):
    """One page of tickets."""

    data: list[QueueEntry]
    meta: PageMeta
    links: PageLinks


class HistoryEntry(BaseModel):
    """One event of a ticket, by its name everywhere: `<stream>@<version>`."""

    event_id: str
    type: str
    occurred_at: datetime
    recorded_at: datetime
    actor: str | None
    causation: str | None


class History(BaseModel):
    """All events of a ticket, the first one first."""

    data: list[HistoryEntry]


def ticket_answer(ticket: Ticket, now: datetime) -> dict[str, Any]:
    """Return the ticket as JSON; what is overdue is so at `now`."""
    duties = [
        DueAnswer(what=item.duty, promise_id=item.promise_id or None, due_at=item.due_at, overdue=item.due_at <= now)
        for item in due(ticket)
    ]
    facts = msgspec.structs.asdict(ticket.complaint)
    return TicketAnswer(
        **facts,
        status=ticket.status,
        status_category=ticket.status.category,
        acknowledged_at=ticket.acknowledged_at,
        due=duties,
        promises=[_promise(promise, now) for promise in ticket.promises.values()],
        resolution=_resolution(ticket),
        reopenings=ticket.reopenings,
        closed_at=ticket.closed_at,
    ).model_dump(mode="json")


def _promise(promise: Promise, now: datetime) -> PromiseAnswer:
    made = promise.made
    in_time = None if promise.kept_at is None and now < made.due_at else (promise.kept_at or now) < made.due_at
    return PromiseAnswer(
        promise_id=made.promise_id,
        kind=made.kind,
        content=made.content,
        due_at=made.due_at,
        kept_at=promise.kept_at,
        kept_in_time=in_time,
    )


def _resolution(ticket: Ticket) -> ResolutionAnswer | None:
    given = ticket.resolution
    return None if given is None else ResolutionAnswer.model_validate(msgspec.to_builtins(given))


def queue_entry(row: QueueRow, now: datetime) -> dict[str, Any]:
    """Return a row as JSON; what is overdue is so at `now`."""
    facts = msgspec.structs.asdict(row)
    overdue = row.next_due_at is not None and row.next_due_at <= now
    return QueueEntry(**facts, status_category=row.status.category, overdue=overdue).model_dump(mode="json")


def history(events: Sequence[Recorded]) -> dict[str, Any]:
    """Return the events' names and times as JSON, without what they say."""
    entries = [
        HistoryEntry(
            event_id=event.id,
            type=f"{event.type}.v{event.schema_version}",
            occurred_at=event.occurred_at,
            recorded_at=event.recorded_at,
            actor=event.meta.get("actor"),
            causation=event.meta.get("causation"),
        )
        for event in events
    ]
    return History(data=entries).model_dump(mode="json")
