"""A scoring run: requested once, its edges frozen once, completed once; a crash in between changes nothing."""

from collections.abc import Sequence
from datetime import date
from typing import Literal, assert_never
from uuid import UUID

from msgspec import Struct, structs

from services.scoring.domain.events import (
    Cause,
    EdgesFrozen,
    RunCompleted,
    RunEvent,
    RunFailed,
    RunJoined,
    RunRequested,
)
from shared.decider import Decider
from shared.errors import Rejected

Status = Literal["running", "completed", "failed", "joined"]


class RequestRun(Struct, frozen=True):
    """Ask for a run, about everyone or because of a merge; `today` is the day of the request."""

    run_id: UUID
    observed_until: date | None
    today: date
    because: Cause | None = None


Step = EdgesFrozen | RunCompleted | RunFailed | RunJoined


class Advance(Struct, frozen=True):
    """Record the next step of a run that is under way."""

    step: Step


class Run(Struct, frozen=True):
    """How far a run has come."""

    requested: RunRequested | None = None
    frozen: EdgesFrozen | None = None
    completed: RunCompleted | None = None
    failed: RunFailed | None = None
    joined: RunJoined | None = None

    @property
    def status(self) -> Status:
        """What came last."""
        if self.joined:
            return "joined"
        return "failed" if self.failed else "completed" if self.completed else "running"


def decide(command: RequestRun | Advance, run: Run) -> Sequence[RunEvent]:
    """Return the events that obey `command`; what has been done is not done again."""
    match command:
        case RequestRun():
            return _request(command, run)
        case Advance(step):
            return (step,) if _is_next(step, run) else ()
        case _:
            assert_never(command)


def _request(command: RequestRun, run: Run) -> Sequence[RunEvent]:
    fact = RunRequested(command.run_id, command.observed_until, command.because)
    if run.requested is not None:
        if run.requested != fact:
            raise Rejected("run-differs", "This run was asked for with another date or cause. Use another id.")
        return ()
    if command.observed_until is not None and command.observed_until > command.today:
        raise Rejected("run-ahead", "Nobody has observed that day yet: choose one that has passed, or leave it out.")
    return (fact,)


def _is_next(step: Step, run: Run) -> bool:
    if run.requested is None or run.status != "running":
        return False
    return (run.frozen is not None) == isinstance(step, RunCompleted) or isinstance(step, RunFailed)


def evolve(run: Run, event: RunEvent) -> Run:
    """Return the run as it is after the event."""
    match event:
        case RunRequested():
            return structs.replace(run, requested=event)
        case EdgesFrozen():
            return structs.replace(run, frozen=event)
        case RunCompleted():
            return structs.replace(run, completed=event)
        case RunFailed():
            return structs.replace(run, failed=event)
        case RunJoined():
            return structs.replace(run, joined=event)
        case _:
            assert_never(event)


RUN: Decider[RequestRun | Advance, RunEvent, Run] = Decider("run", Run(), decide, evolve)
