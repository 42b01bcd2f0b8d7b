"""Which events obey a command. An unresolved complaint always owes its customer an answer by a date."""

from collections.abc import Sequence
from datetime import datetime
from typing import assert_never
from uuid import UUID

from services.tickets.domain.clocks import look, missed
from services.tickets.domain.commands import (
    Acknowledge,
    Close,
    Command,
    KeepPromise,
    LookAtClocks,
    MakePromise,
    OpenComplaint,
    Reopen,
    Resolve,
    Work,
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
from services.tickets.domain.levels import ServiceLevels
from services.tickets.domain.terms import PromiseKind, Status
from services.tickets.domain.ticket import Ticket
from shared.errors import Missing, Rejected
from shared.privacy.personal import same

ANSWER = "answer"
"""The promise that each opening makes; each reopening makes `answer-2`, `answer-3`, and so on."""


def decide(command: Command, ticket: Ticket | None) -> Sequence[Event]:
    """Return the events that obey `command`; a repeat gives none, a contradiction is refused."""
    if isinstance(command, OpenComplaint):
        return _known(command, ticket.complaint) if ticket else _open(command)
    if ticket is None:
        raise Missing("ticket-unknown", "There is no such ticket. Open the complaint first.")
    if isinstance(command, LookAtClocks):
        return look(ticket, command.now)
    events = _decide(command, ticket)
    # What was missed until now comes first, so that the history doesn't depend on how punctual a timer is.
    return (*missed(ticket, command.now), *events) if events else ()


def _decide(command: Work, ticket: Ticket) -> Sequence[Event]:
    match command:
        case Acknowledge(now):
            return _acknowledge(now, ticket)
        case MakePromise():
            return _promise(command, ticket)
        case KeepPromise():
            return _keep(command, ticket)
        case Resolve():
            return _resolve(command, ticket)
        case Reopen():
            return _reopen(command, ticket)
        case Close(now):
            return _close(now, ticket)
        case _:
            assert_never(command)


def _open(command: OpenComplaint) -> Sequence[Event]:
    target = command.levels.targets[command.severity]
    opened = ComplaintOpened(
        command.ticket_id,
        command.customer_id,
        command.category,
        command.summary,
        command.severity,
        command.channel,
        command.touchpoint,
        acknowledge_by=command.received_at + target.acknowledge_within,
        received_at=command.received_at,
        levels_version=command.levels.version,
        invented=command.invented,
    )
    return (opened, _answer(opened, command.received_at, command.levels, ANSWER))


def _answer(complaint: ComplaintOpened, since: datetime, levels: ServiceLevels, name: str) -> PromiseMade:
    due_at = since + levels.targets[complaint.severity].answer_within
    content = f"An answer by {due_at:%Y-%m-%d}."
    ids = complaint.ticket_id, complaint.customer_id
    return PromiseMade(*ids, name, PromiseKind.ANSWER, content, due_at, since, levels.version)


def _known(command: OpenComplaint, complaint: ComplaintOpened) -> Sequence[Event]:
    """Times don't count: a retry comes at another moment than what it repeats."""
    if not same(_content(complaint), _content(command)):
        raise Rejected(
            "ticket-differs",
            f"Ticket {complaint.ticket_id} holds another complaint. Open this one under an id of its own.",
        )
    return ()


def _content(complaint: OpenComplaint | ComplaintOpened) -> tuple[object, ...]:
    return (
        complaint.customer_id,
        complaint.category,
        complaint.summary,
        complaint.severity,
        complaint.channel,
        complaint.touchpoint,
    )


def _acknowledge(now: datetime, ticket: Ticket) -> Sequence[Event]:
    if ticket.acknowledged_at:
        return ()
    _refuse_closed(ticket)
    if ticket.resolution:
        raise Rejected("ticket-resolved", "The customer has the answer already; there is nothing to acknowledge.")
    return (ComplaintAcknowledged(*_ids(ticket), now),)


def _promise(command: MakePromise, ticket: Ticket) -> Sequence[Event]:
    if command.promise_id.partition("-")[0] == ANSWER:
        raise Rejected("promise-id-reserved", f"Ids that begin with {ANSWER!r} name the promised answers. Use another.")
    known = ticket.promises.get(command.promise_id)
    if known:
        if not same((known.made.content, known.made.due_at), (command.content, command.due_at)):
            raise Rejected("promise-differs", "The promise of that id says otherwise. Use another id.")
        return ()
    _refuse_closed(ticket)
    if command.due_at <= command.now:
        raise Rejected("promise-in-the-past", "A promise is due in the future. Choose a later due_at.")
    return (
        PromiseMade(
            *_ids(ticket),
            command.promise_id,
            PromiseKind.ACTION,
            command.content,
            command.due_at,
            since=command.now,
            levels_version=command.levels.version,
        ),
    )


def _keep(command: KeepPromise, ticket: Ticket) -> Sequence[Event]:
    known = ticket.promises.get(command.promise_id)
    if known is None:
        raise Missing("promise-unknown", "The ticket has no such promise. Read the ticket to see which it has.")
    if known.kept_at:
        return ()
    if known.made.kind is PromiseKind.ANSWER:
        raise Rejected("answer-promised", "An answer was promised: resolve the complaint, and the promise is kept.")
    return (PromiseKept(*_ids(ticket), command.promise_id, command.now),)


def _resolve(command: Resolve, ticket: Ticket) -> Sequence[Event]:
    given = ticket.resolution
    if given:
        asked = (command.decision, command.redress, command.explanation)
        if same((given.decision, given.redress, given.explanation), asked):
            return ()
        _refuse_closed(ticket)
        raise Rejected("resolution-differs", "The complaint is resolved otherwise. Reopen it to decide again.")
    answers = (promise for promise in ticket.open_promises if promise.kind is PromiseKind.ANSWER)
    kept = [PromiseKept(*_ids(ticket), promise.promise_id, command.now) for promise in answers]
    resolved = ComplaintResolved(
        *_ids(ticket),
        decision=command.decision,
        redress=command.redress,
        explanation=command.explanation,
        resolved_at=command.now,
        reopen_until=command.now + command.levels.reopen_within,
    )
    return (*kept, resolved)


def _reopen(command: Reopen, ticket: Ticket) -> Sequence[Event]:
    _refuse_closed(ticket)
    if ticket.resolution is None:
        return ()
    if command.now > ticket.resolution.reopen_until:
        raise Rejected(
            "reopen-window-over",
            f"The complaint could be reopened until {ticket.resolution.reopen_until:%Y-%m-%d %H:%M} UTC."
            " Open a new one, and name this ticket in its summary.",
        )
    answer = _answer(ticket.complaint, command.now, command.levels, f"{ANSWER}-{ticket.reopenings + 2}")
    return (ComplaintReopened(*_ids(ticket), command.reason, command.now), answer)


def _close(now: datetime, ticket: Ticket) -> Sequence[Event]:
    if ticket.closed_at:
        return ()
    if ticket.resolution is None:
        raise Rejected("ticket-not-resolved", "Resolve the complaint before closing its ticket.")
    if ticket.open_promises:
        names = ", ".join(promise.promise_id for promise in ticket.open_promises)
        raise Rejected("promises-open", f"Keep what was promised before closing the ticket: {names}.")
    return (ComplaintClosed(*_ids(ticket), now),)


def _refuse_closed(ticket: Ticket) -> None:
    if ticket.status is Status.CLOSED:
        raise Rejected("ticket-closed", "The ticket is closed for good. Open a new complaint.")


def _ids(ticket: Ticket) -> tuple[UUID, UUID]:
    return ticket.complaint.ticket_id, ticket.complaint.customer_id
