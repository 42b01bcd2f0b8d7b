"""What happens to a simulation, from the request to its end. Stream `simulation-<id>`."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from services.loyalty.domain.what_if.asked import Asked
from services.loyalty.domain.what_if.outcome import Outcome


class SimulationRequested(Struct, frozen=True):
    """Someone wants to know what would have been."""

    simulation_id: UUID
    asked: Asked
    requested_at: datetime


class SimulationStarted(Struct, frozen=True):
    """A worker began, or began again after a crash: `attempt` counts from 1."""

    simulation_id: UUID
    attempt: int


class SimulationProgressed(Struct, frozen=True):
    """So much of it is done: 0 to 1. Told seldom."""

    simulation_id: UUID
    progress: float


class SimulationFinished(Struct, frozen=True):
    """It is done, and this is what it came to."""

    simulation_id: UUID
    outcome: Outcome


class SimulationFailed(Struct, frozen=True):
    """It can't be done; `reason` says why."""

    simulation_id: UUID
    reason: str


class SimulationCancelled(Struct, frozen=True):
    """Someone called it off."""

    simulation_id: UUID


Event = (
    SimulationRequested
    | SimulationStarted
    | SimulationProgressed
    | SimulationFinished
    | SimulationFailed
    | SimulationCancelled
)
"""The events of a simulation."""
