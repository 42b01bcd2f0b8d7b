"""A simulation: requested once, ended once; a crash in between lets it begin again, but not for ever."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, assert_never
from uuid import UUID

from msgspec import Struct, structs

from services.loyalty.domain.programme.decide import EARLIEST
from services.loyalty.domain.what_if.asked import Asked
from services.loyalty.domain.what_if.events import (
    Event,
    SimulationCancelled,
    SimulationFailed,
    SimulationFinished,
    SimulationProgressed,
    SimulationRequested,
    SimulationStarted,
)
from services.loyalty.domain.what_if.outcome import Outcome
from shared.decider import Decider
from shared.errors import Invalid, Missing, Rejected

Status = Literal["waiting", "running", "finished", "failed", "cancelled"]

MOST_ATTEMPTS = 5
"""What made the process fail so often would do it again."""


class Request(Struct, frozen=True):
    """Ask for a simulation."""

    simulation_id: UUID
    asked: Asked
    now: datetime


class Start(Struct, frozen=True):
    """Begin it, or begin it again; where that was tried too often, it fails instead."""

    simulation_id: UUID


Step = SimulationProgressed | SimulationFinished | SimulationFailed


class Advance(Struct, frozen=True):
    """Record the next step of a simulation that is under way."""

    step: Step


class Cancel(Struct, frozen=True):
    """Call it off."""

    simulation_id: UUID


Command = Request | Start | Advance | Cancel


class Simulation(Struct, frozen=True):
    """How far a simulation has come."""

    requested: SimulationRequested | None = None
    attempts: int = 0
    progress: float = 0.0
    outcome: Outcome | None = None
    reason: str = ""
    cancelled: bool = False

    @property
    def status(self) -> Status:
        """Where it stands."""
        if self.outcome is not None:
            return "finished"
        if self.cancelled:
            return "cancelled"
        if self.reason:
            return "failed"
        return "running" if self.attempts else "waiting"

    @property
    def is_over(self) -> bool:
        """Tell whether nothing happens to it any more."""
        return self.status not in ("waiting", "running")


def decide(command: Command, simulation: Simulation) -> Sequence[Event]:
    """Return the events that obey `command`; what has been done is not done again."""
    if isinstance(command, Request):
        return _request(command, simulation)
    if simulation.requested is None:
        raise Missing("simulation-unknown", "There is no such simulation.")
    match command:
        case Start(simulation_id):
            return () if simulation.is_over else (_started(simulation_id, simulation.attempts),)
        case Advance(step):
            return () if simulation.is_over or not simulation.attempts else (step,)
        case Cancel(simulation_id):
            return _cancel(simulation_id, simulation)
        case _:
            assert_never(command)


def _request(command: Request, simulation: Simulation) -> Sequence[Event]:
    asked = command.asked
    if simulation.requested is not None:
        if simulation.requested.asked != asked:
            raise Rejected("simulation-differs", "This simulation was asked for with another content. Use another id.")
        return ()
    must_be_playable(asked, command.now)
    return (SimulationRequested(command.simulation_id, asked, command.now),)


def must_be_playable(asked: Asked, now: datetime) -> None:
    """Refuse a period that is none, or that isn't over, and two alternatives at once, by the field concerned."""
    faults = []
    if asked.since < EARLIEST:
        faults.append(("since", "must not be before 1970"))
    if asked.until <= asked.since:
        faults.append(("until", "must be later than `since`: the period is since <= time < until"))
    if asked.until > now:
        faults.append(("until", "hasn't come yet: only what has happened can be played"))
    if asked.document is not None and asked.patch is not None:
        faults.append(("patch", "stands beside a whole document: give one of them"))
    if faults:
        raise Invalid(faults)


def _started(simulation_id: UUID, attempts: int) -> Event:
    if attempts >= MOST_ATTEMPTS:
        return SimulationFailed(simulation_id, f"it was begun {attempts} times, and its process never came to an end")
    return SimulationStarted(simulation_id, attempts + 1)


def _cancel(simulation_id: UUID, simulation: Simulation) -> Sequence[Event]:
    if simulation.cancelled:
        return ()
    if simulation.is_over:
        raise Rejected(
            "simulation-over", f"The simulation has {simulation.status} already: there is nothing to cancel."
        )
    return (SimulationCancelled(simulation_id),)


def evolve(simulation: Simulation, event: Event) -> Simulation:
    """Return the simulation as it is after the event."""
    match event:
        case SimulationRequested():
            return structs.replace(simulation, requested=event)
        case SimulationStarted(attempt=attempt):
            return structs.replace(simulation, attempts=attempt, progress=0.0)
        case SimulationProgressed(progress=progress):
            return structs.replace(simulation, progress=progress)
        case SimulationFinished(outcome=outcome):
            return structs.replace(simulation, outcome=outcome, progress=1.0)
        case SimulationFailed(reason=reason):
            return structs.replace(simulation, reason=reason)
        case SimulationCancelled():
            return structs.replace(simulation, cancelled=True)
        case _:
            assert_never(event)


SIMULATION: Decider[Command, Event, Simulation] = Decider("simulation", Simulation(), decide, evolve)
"""A simulation's decider."""
