"""The clocks of a ticket: what each counts from, when it warns, when it is due; a pure function of the facts.

At its very `due_at` a clock that still runs is breached: what was asked for came too late.
"""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from services.tickets.domain.events import (
    AcknowledgementBreached,
    AcknowledgementWarned,
    Event,
    PromiseBreached,
    PromiseWarned,
)
from services.tickets.domain.levels import LEVELS
from services.tickets.domain.ticket import Duty, Promise, Ticket


class Clock(Struct, frozen=True):
    """One deadline. It runs until it is fulfilled; `breached` says that the breach is recorded."""

    metric: Duty
    promise_id: str
    since: datetime | None
    warns_at: datetime | None
    due_at: datetime
    warned_at: datetime | None
    fulfilled_at: datetime | None
    breached: bool
    levels_version: int | None

    @property
    def moment(self) -> datetime | None:
        """The next moment at which time alone changes something; None where none will."""
        if self.fulfilled_at or self.breached:
            return None
        return self.due_at if self.warned_at or self.warns_at is None else min(self.warns_at, self.due_at)

    def missed(self, now: datetime) -> bool:
        """Tell whether what was asked for hadn't come by `due_at`, as far as is known at `now`."""
        return self.breached or (self.fulfilled_at or now) >= self.due_at


def clocks(ticket: Ticket) -> tuple[Clock, ...]:
    """Return the clocks of a ticket: its acknowledgement, then its promises as they were made."""
    return (_acknowledgement(ticket), *map(_promise, ticket.promises.values()))


def wakes(ticket: Ticket | None) -> datetime | None:
    """Return when the next clock warns or is breached; None where all have come to rest."""
    moments = (clock.moment for clock in clocks(ticket)) if ticket else ()
    return min((moment for moment in moments if moment), default=None)


def look(ticket: Ticket, now: datetime) -> Sequence[Event]:
    """Return what the clocks say at `now`, in the order of its moments; where a deadline is over, its breach alone."""
    found: list[tuple[datetime, Event]] = []
    for clock in clocks(ticket):
        at = clock.moment
        if at is None or at > now:
            continue
        if clock.due_at <= now:
            found.append((clock.due_at, _breach(ticket, clock)))
        elif clock.levels_version is not None:
            found.append((at, _warning(ticket, clock, at, clock.levels_version)))
    return [event for _, event in sorted(found, key=lambda pair: pair[0])]


def missed(ticket: Ticket, now: datetime) -> Sequence[Event]:
    """Return the breaches up to `now` that are not recorded yet, the earliest first."""
    due = [clock for clock in clocks(ticket) if clock.moment and clock.due_at <= now]
    return [_breach(ticket, clock) for clock in sorted(due, key=lambda clock: clock.due_at)]


def happened(event: Event) -> datetime | None:
    """Return when a clock's event came about; None for what somebody did."""
    match event:
        case AcknowledgementWarned() | PromiseWarned():
            return event.warned_at
        case AcknowledgementBreached() | PromiseBreached():
            return event.due_at
        case _:
            return None


def _acknowledgement(ticket: Ticket) -> Clock:
    """It runs until the ticket leaves its first status: who has the answer needs no acknowledgement."""
    told = [at for at in (ticket.acknowledged_at, ticket.answered_at) if at]
    complaint = ticket.complaint
    return Clock(
        Duty.ACKNOWLEDGEMENT,
        "",
        complaint.received_at,
        _warns_at(complaint.received_at, complaint.acknowledge_by, complaint.levels_version),
        complaint.acknowledge_by,
        ticket.acknowledgement_warned_at,
        min(told, default=None),
        ticket.acknowledgement_breached,
        complaint.levels_version,
    )


def _promise(promise: Promise) -> Clock:
    made = promise.made
    return Clock(
        Duty.PROMISE,
        made.promise_id,
        made.since,
        _warns_at(made.since, made.due_at, made.levels_version),
        made.due_at,
        promise.warned_at,
        promise.kept_at,
        promise.breached,
        made.levels_version,
    )


def _warns_at(since: datetime | None, due_at: datetime, version: int | None) -> datetime | None:
    """Levels that this program doesn't know, or a promise that doesn't say since when, warn of nothing."""
    levels = LEVELS.get(version) if version is not None else None
    return levels.warns_at(since, due_at) if levels and since else None


def _breach(ticket: Ticket, clock: Clock) -> Event:
    ids = ticket.complaint.ticket_id, ticket.complaint.customer_id
    if clock.metric is Duty.PROMISE:
        return PromiseBreached(*ids, clock.promise_id, clock.due_at)
    return AcknowledgementBreached(*ids, clock.due_at, ticket.complaint.levels_version)


def _warning(ticket: Ticket, clock: Clock, at: datetime, version: int) -> Event:
    ids = ticket.complaint.ticket_id, ticket.complaint.customer_id
    if clock.metric is Duty.PROMISE:
        return PromiseWarned(*ids, clock.promise_id, clock.due_at, at, version)
    return AcknowledgementWarned(*ids, clock.due_at, at, version)
