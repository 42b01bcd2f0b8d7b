"""What a ticket is after each event, and what is due on it."""

from datetime import datetime
from enum import StrEnum
from typing import assert_never

from msgspec import Struct, structs

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
from services.tickets.domain.terms import Status


class Promise(Struct, frozen=True):
    """A promise, when it was kept, and whether it was warned about or broken before."""

    made: PromiseMade
    kept_at: datetime | None = None
    warned_at: datetime | None = None
    breached: bool = False


class Ticket(Struct, frozen=True):
    """A complaint and what became of it; its status follows from the facts."""

    complaint: ComplaintOpened
    acknowledged_at: datetime | None = None
    acknowledgement_warned_at: datetime | None = None
    acknowledgement_breached: bool = False
    answered_at: datetime | None = None
    """When the customer got the first decision; it counts as an acknowledgement, too."""
    promises: dict[str, Promise] = {}
    resolution: ComplaintResolved | None = None
    reopenings: int = 0
    closed_at: datetime | None = None

    @property
    def status(self) -> Status:
        """Where the ticket stands."""
        if self.closed_at:
            return Status.CLOSED
        if self.resolution:
            return Status.RESOLVED
        if self.reopenings:
            return Status.REOPENED
        return Status.ACKNOWLEDGED if self.acknowledged_at else Status.RECEIVED

    @property
    def open_promises(self) -> tuple[PromiseMade, ...]:
        """The promises that wait to be kept, in the order in which they were made."""
        return tuple(promise.made for promise in self.promises.values() if promise.kept_at is None)


class Duty(StrEnum):
    """The kinds of things that can be due on a ticket."""

    ACKNOWLEDGEMENT = "acknowledgement"
    PROMISE = "promise"


class Due(Struct, frozen=True, order=True):
    """Something that the customer is owed, and until when."""

    due_at: datetime
    duty: Duty
    promise_id: str = ""


def due(ticket: Ticket) -> tuple[Due, ...]:
    """Return what is due, the most urgent first. Empty only for a resolved ticket whose promises are all kept."""
    duties = [Due(promise.due_at, Duty.PROMISE, promise.promise_id) for promise in ticket.open_promises]
    if ticket.status is Status.RECEIVED:
        duties.append(Due(ticket.complaint.acknowledge_by, Duty.ACKNOWLEDGEMENT))
    return tuple(sorted(duties))


def evolve(ticket: Ticket | None, event: Event) -> Ticket | None:
    """Return the ticket as it is after `event`; None until its complaint is opened."""
    if isinstance(event, ComplaintOpened):
        return Ticket(event)
    return ticket and _evolve(ticket, event)


def _evolve(ticket: Ticket, event: Event) -> Ticket:
    match event:
        case ComplaintOpened():
            return ticket
        case ComplaintAcknowledged(acknowledged_at=at):
            return structs.replace(ticket, acknowledged_at=at)
        case AcknowledgementWarned(warned_at=at):
            return structs.replace(ticket, acknowledgement_warned_at=at)
        case AcknowledgementBreached():
            return structs.replace(ticket, acknowledgement_breached=True)
        case PromiseMade() | PromiseKept() | PromiseWarned() | PromiseBreached():
            return structs.replace(ticket, promises=_promises(ticket.promises, event))
        case ComplaintResolved(resolved_at=at):
            return structs.replace(ticket, resolution=event, answered_at=ticket.answered_at or at)
        case ComplaintReopened():
            return structs.replace(ticket, resolution=None, reopenings=ticket.reopenings + 1)
        case ComplaintClosed(closed_at=at):
            return structs.replace(ticket, closed_at=at)
        case _:
            assert_never(event)


def _promises(
    known: dict[str, Promise], event: PromiseMade | PromiseKept | PromiseWarned | PromiseBreached
) -> dict[str, Promise]:
    name = event.promise_id
    if isinstance(event, PromiseMade):
        return {**known, name: Promise(event)}
    if name not in known:
        return known
    match event:
        case PromiseKept(kept_at=at):
            promise = structs.replace(known[name], kept_at=at)
        case PromiseWarned(warned_at=at):
            promise = structs.replace(known[name], warned_at=at)
        case PromiseBreached():
            promise = structs.replace(known[name], breached=True)
        case _:
            assert_never(event)
    return {**known, name: promise}
