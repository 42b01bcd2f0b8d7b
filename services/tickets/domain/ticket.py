"""A complaint's life: opened, acknowledged, promised about, resolved, perhaps reopened, closed."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never
from uuid import UUID

from msgspec import Struct, structs

from services.tickets.domain.commands import (
    Acknowledge,
    Close,
    Command,
    KeepPromise,
    MakePromise,
    OpenComplaint,
    Reopen,
    Resolve,
)
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
from shared.decider import Decider
from shared.errors import Missing, Rejected

REOPEN_WINDOW = timedelta(days=28)
"""How long after its resolution a complaint may be reopened; later it takes a new one."""

ANSWER = "answer"
"""The promise that every complaint starts with."""


class Status(StrEnum):
    """Where a ticket stands; NEW is one that doesn't exist yet."""

    NEW = "new"
    OPEN = "open"
    RESOLVED = "resolved"
    CLOSED = "closed"


class Promise(Struct, frozen=True):
    """What was promised, by when, and when it was kept."""

    content: str
    due_at: datetime
    kept_at: datetime | None = None


class Ticket(Struct, frozen=True):
    """A complaint as decisions and its own page need it."""

    status: Status = Status.NEW
    opened: ComplaintOpened | None = None
    acknowledged_at: datetime | None = None
    promises: dict[str, Promise] = {}
    resolution: ComplaintResolved | None = None
    reopened: int = 0


def decide(command: Command, ticket: Ticket) -> Sequence[Event]:
    """Return the events that obey `command`; a repeat gives none, what the ticket's state forbids is refused."""
    if isinstance(command, OpenComplaint):
        return _open(command, ticket)
    if ticket.opened is None:
        raise Missing("ticket-unknown", "There is no such ticket.")
    ids = (ticket.opened.ticket_id, ticket.opened.customer_id)
    match command:
        case Acknowledge(now):
            return _acknowledge(now, ticket, ticket.opened)
        case MakePromise():
            return _promise(command, ticket, ids)
        case KeepPromise():
            return _keep(command, ticket, ids)
        case Resolve():
            return _resolve(command, ticket, ids)
        case Reopen():
            return _reopen(command, ticket, ids)
        case Close(now):
            return _close(now, ticket, ids)
        case _:
            assert_never(command)


_Ids = tuple[UUID, UUID]


def _open(command: OpenComplaint, ticket: Ticket) -> Sequence[Event]:
    policy, received = command.policy, command.received_at
    ids = (command.ticket_id, command.customer_id)
    opened = ComplaintOpened(
        *ids,
        command.category,
        command.summary,
        command.severity,
        command.channel,
        command.touchpoint,
        received,
        policy.acknowledge_by(command.severity, received),
        policy.version,
        command.invented,
    )
    if ticket.opened is None:
        due_at = policy.answer_by(command.severity, received)
        return (opened, PromiseMade(*ids, ANSWER, "An answer to your complaint.", due_at))
    if structs.replace(opened, received_at=ticket.opened.received_at, acknowledge_by=ticket.opened.acknowledge_by) != (
        ticket.opened
    ):
        raise Rejected(
            "ticket-differs", "This ticket is open with other content. Use another id for another complaint."
        )
    return ()


def _acknowledge(now: datetime, ticket: Ticket, opened: ComplaintOpened) -> Sequence[Event]:
    if ticket.acknowledged_at is not None:
        return ()
    _must_be_open(ticket, "acknowledged")
    in_time = now <= opened.acknowledge_by
    return (ComplaintAcknowledged(opened.ticket_id, opened.customer_id, now, in_time),)


def _promise(command: MakePromise, ticket: Ticket, ids: _Ids) -> Sequence[Event]:
    known = ticket.promises.get(command.promise_id)
    if known is not None:
        if (known.content, known.due_at) != (command.content, command.due_at):
            raise Rejected(
                "promise-differs", f"Promise {command.promise_id} stands with other content. Use another id."
            )
        return ()
    _must_be_open(ticket, "promised about")
    if command.due_at <= command.now:
        raise Rejected("promise-in-the-past", "Promise something for a time that is still to come.")
    return (PromiseMade(*ids, command.promise_id, command.content, command.due_at),)


def _keep(command: KeepPromise, ticket: Ticket, ids: _Ids) -> Sequence[Event]:
    promise = ticket.promises.get(command.promise_id)
    if promise is None:
        raise Missing("promise-unknown", f"The ticket has no promise {command.promise_id}.")
    if promise.kept_at is not None:
        return ()
    return (PromiseKept(*ids, command.promise_id, command.now, command.now <= promise.due_at),)


def _resolve(command: Resolve, ticket: Ticket, ids: _Ids) -> Sequence[Event]:
    known = ticket.resolution
    if ticket.status is not Status.OPEN and known is not None:
        if (known.decision, known.redress, known.explanation) == (
            command.decision,
            command.redress,
            command.explanation,
        ):
            return ()
        raise Rejected("ticket-resolved", "The ticket is resolved. Reopen it to decide anew.")
    resolved = ComplaintResolved(*ids, command.decision, command.redress, command.explanation, command.now)
    answer = ticket.promises.get(ANSWER)
    if answer is None or answer.kept_at is not None:
        return (resolved,)
    return (resolved, PromiseKept(*ids, ANSWER, command.now, command.now <= answer.due_at))


def _reopen(command: Reopen, ticket: Ticket, ids: _Ids) -> Sequence[Event]:
    if ticket.status is Status.OPEN:
        return ()
    resolved = ticket.resolution
    if ticket.status is Status.CLOSED or resolved is None:
        raise Rejected("ticket-closed", "The ticket is closed for good. Open a new one.")
    if command.now > resolved.resolved_at + REOPEN_WINDOW:
        raise Rejected(
            "reopen-window-over",
            f"The ticket was resolved more than {REOPEN_WINDOW.days} days ago. Open a new one.",
        )
    return (ComplaintReopened(*ids, command.reason, command.now),)


def _close(now: datetime, ticket: Ticket, ids: _Ids) -> Sequence[Event]:
    if ticket.status is Status.CLOSED:
        return ()
    if ticket.status is Status.OPEN:
        raise Rejected("ticket-open", "Resolve the ticket before closing it.")
    return (ComplaintClosed(*ids, now),)


def _must_be_open(ticket: Ticket, what: str) -> None:
    if ticket.status is not Status.OPEN:
        raise Rejected("ticket-not-open", f"Only an open ticket can be {what}. Reopen it first.")


def evolve(ticket: Ticket, event: Event) -> Ticket:
    """Return the ticket as it is after `event`. Total: never raises, never judges."""
    match event:
        case ComplaintOpened():
            return structs.replace(ticket, status=Status.OPEN, opened=event)
        case ComplaintAcknowledged():
            return structs.replace(ticket, acknowledged_at=event.acknowledged_at)
        case PromiseMade():
            promise = Promise(event.content, event.due_at)
            return structs.replace(ticket, promises={**ticket.promises, event.promise_id: promise})
        case PromiseKept():
            kept = structs.replace(ticket.promises[event.promise_id], kept_at=event.kept_at)
            return structs.replace(ticket, promises={**ticket.promises, event.promise_id: kept})
        case ComplaintResolved():
            return structs.replace(ticket, status=Status.RESOLVED, resolution=event)
        case ComplaintReopened():
            return structs.replace(ticket, status=Status.OPEN, reopened=ticket.reopened + 1)
        case ComplaintClosed():
            return structs.replace(ticket, status=Status.CLOSED)
        case _:
            assert_never(event)


TICKET: Decider[Command, Event, Ticket] = Decider("ticket", Ticket(), decide, evolve)
