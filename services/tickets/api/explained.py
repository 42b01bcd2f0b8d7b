"""What the API says of clocks: each deadline with its moments, and why it was kept or missed."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, Field

from services.tickets.domain.clocks import Clock, clocks
from services.tickets.domain.levels import LEVELS
from services.tickets.domain.ticket import Duty, Ticket
from shared.errors import Missing
from shared.store.contract import Recorded


class ClockState(StrEnum):
    """How a deadline stands."""

    RUNNING = "running"
    FULFILLED = "fulfilled"
    BREACHED = "breached"


class ClockAnswer(BaseModel):
    """One deadline: what it counts from, and what became of it."""

    name: str = Field(description="By which `/why/{name}` explains it: `acknowledgement`, or `promise-<id>`.")
    metric: Duty
    promise_id: str | None
    state: ClockState
    since: datetime | None = Field(description="Null for promises of before their start was recorded.")
    due_at: datetime
    seconds: float | None = Field(description="The time allowed.")
    seconds_left: float = Field(description="Until `due_at`, where it runs; 0 otherwise.")
    warns_at: datetime | None
    warned_at: datetime | None
    fulfilled_at: datetime | None
    breached_at: datetime | None = Field(description="`due_at`, where nothing had come by then.")
    levels_version: int | None = Field(description="The service levels by which it is measured.")


class ClocksAnswer(BaseModel):
    """All deadlines of a ticket."""

    data: list[ClockAnswer]


class Because(BaseModel):
    """An event that made the answer what it is."""

    event_id: str
    type: str
    service: str
    occurred_at: datetime
    recorded_at: datetime


class Rule(BaseModel):
    """The rule by which it was judged."""

    name: str
    version: int | None


class WhyAnswer(BaseModel):
    """Why a deadline is where it is, and was kept or missed."""

    name: str
    state: ClockState
    rule: Rule
    arithmetic: list[str] = Field(description="Each step in words and figures.")
    events: list[Because]


def clocks_answer(ticket: Ticket, now: datetime) -> dict[str, Any]:
    """Return the ticket's clocks as JSON; what still runs is judged at `now`."""
    return ClocksAnswer(data=[_clock(clock, now) for clock in clocks(ticket)]).model_dump(mode="json")


def why_answer(ticket: Ticket, name: str, events: Sequence[Recorded], now: datetime) -> dict[str, Any]:
    """Return why the clock of this name stands as it does, from the ticket's `events`. Raises Missing."""
    clock = next((clock for clock in clocks(ticket) if _name(clock) == name), None)
    if clock is None:
        known = ", ".join(map(_name, clocks(ticket)))
        raise Missing("clock-unknown", f"The ticket has no such clock. Ask about one of {known}.")
    return WhyAnswer(
        name=name,
        state=_state(clock, now),
        rule=Rule(name="service-levels", version=clock.levels_version),
        arithmetic=list(_arithmetic(ticket, clock, now)),
        events=[_because(event) for event in events if _concerns(clock, event)],
    ).model_dump(mode="json")


def _name(clock: Clock) -> str:
    return "acknowledgement" if clock.metric is Duty.ACKNOWLEDGEMENT else f"promise-{clock.promise_id}"


def _state(clock: Clock, now: datetime) -> ClockState:
    if clock.missed(now):
        return ClockState.BREACHED
    return ClockState.FULFILLED if clock.fulfilled_at else ClockState.RUNNING


def _clock(clock: Clock, now: datetime) -> ClockAnswer:
    state = _state(clock, now)
    running = state is ClockState.RUNNING
    return ClockAnswer(
        name=_name(clock),
        metric=clock.metric,
        promise_id=clock.promise_id or None,
        state=state,
        since=clock.since,
        due_at=clock.due_at,
        seconds=(clock.due_at - clock.since).total_seconds() if clock.since else None,
        seconds_left=(clock.due_at - now).total_seconds() if running else 0,
        warns_at=clock.warns_at,
        warned_at=clock.warned_at,
        fulfilled_at=clock.fulfilled_at,
        breached_at=clock.due_at if state is ClockState.BREACHED else None,
        levels_version=clock.levels_version,
    )


def _arithmetic(ticket: Ticket, clock: Clock, now: datetime) -> Iterator[str]:
    due_at = _at(clock.due_at)
    if clock.since is None:
        yield f"due: {due_at}, as it was promised"
    else:
        allowed = clock.due_at - clock.since
        yield f"due: {_at(clock.since)} + {allowed} = {due_at} ({_source(ticket, clock)})"
        levels = LEVELS.get(clock.levels_version or 0)
        if clock.warns_at and levels:
            yield f"warns: {_at(clock.since)} + {levels.warns_after} x {allowed} = {_at(clock.warns_at)}"
    came = clock.fulfilled_at or now
    what = "came" if clock.fulfilled_at else "hasn't come"
    missed = clock.missed(now)
    distance = came - clock.due_at if missed else clock.due_at - came
    yield f"{what} by {_at(came)}: {distance} {'after it was' if missed else 'before it is'} due"


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _source(ticket: Ticket, clock: Clock) -> str:
    severity = ticket.complaint.severity
    if clock.metric is Duty.ACKNOWLEDGEMENT:
        return f"to acknowledge a complaint of {severity} severity, levels {clock.levels_version}"
    if clock.promise_id.partition("-")[0] == "answer":
        return f"to answer a complaint of {severity} severity, levels {clock.levels_version}"
    return "as it was promised"


def _concerns(clock: Clock, event: Recorded) -> bool:
    """Events by whose names a clock starts, warns, is breached and stops."""
    if clock.metric is Duty.PROMISE:
        return getattr(event.event, "promise_id", None) == clock.promise_id
    if event.type == "complaint-resolved":
        return bool(event.event.resolved_at == clock.fulfilled_at)
    return event.type in ("complaint-opened", "complaint-acknowledged") or event.type.startswith("acknowledgement-")


def _because(event: Recorded) -> Because:
    return Because(
        event_id=event.id,
        type=f"{event.type}.v{event.schema_version}",
        service=event.service,
        occurred_at=event.occurred_at,
        recorded_at=event.recorded_at,
    )
