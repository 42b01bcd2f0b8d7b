"""Which simulations were asked for, how far are they, and how did they end: one row each."""

from datetime import datetime
from typing import assert_never
from uuid import UUID

from msgspec import Struct, structs
from sqlalchemy import Column, DateTime, Double, MetaData, Table, Text, Uuid

from services.loyalty.contracts.published import PUBLISHED
from services.loyalty.domain.what_if import events
from services.loyalty.domain.what_if.events import (
    Event,
    SimulationCancelled,
    SimulationFailed,
    SimulationFinished,
    SimulationProgressed,
    SimulationRequested,
    SimulationStarted,
)
from services.loyalty.domain.what_if.simulation import Status
from shared.events import Catalogue
from shared.store.contract import Recorded
from shared.views.view import View

_READ = {name: kind for name, kind in PUBLISHED.events.items() if kind.__module__ == events.__name__}


class SimulationRow(Struct, frozen=True):
    """A simulation of a programme's period since <= time < until; `reason` says why it failed."""

    simulation_id: UUID
    programme_id: str
    status: Status
    progress: float
    since: datetime
    until: datetime
    requested_at: datetime
    ended_at: datetime | None = None
    reason: str | None = None


def project(row: SimulationRow | None, recorded: Recorded) -> SimulationRow | None:
    """Return the simulation's row after the event."""
    event: Event = recorded.event
    if isinstance(event, SimulationRequested):
        asked = event.asked
        period = (asked.since, asked.until)
        return SimulationRow(event.simulation_id, asked.programme_id, "waiting", 0.0, *period, event.requested_at)
    return row and _after(row, event, recorded.recorded_at)


def _after(
    row: SimulationRow,
    event: SimulationStarted | SimulationProgressed | SimulationFinished | SimulationFailed | SimulationCancelled,
    at: datetime,
) -> SimulationRow:
    match event:
        case SimulationStarted():
            return structs.replace(row, status="running", progress=0.0)
        case SimulationProgressed(progress=progress):
            return structs.replace(row, progress=progress)
        case SimulationFinished():
            return structs.replace(row, status="finished", progress=1.0, ended_at=at)
        case SimulationFailed(reason=reason):
            return structs.replace(row, status="failed", reason=reason, ended_at=at)
        case SimulationCancelled():
            return structs.replace(row, status="cancelled", ended_at=at)
        case _:
            assert_never(event)


SIMULATIONS = View(
    name="simulations",
    table=Table(
        "simulations_v2",
        MetaData(),
        Column("simulation_id", Uuid, primary_key=True),
        Column("programme_id", Text, nullable=False),
        Column("status", Text, nullable=False),
        Column("progress", Double, nullable=False),
        Column("since", DateTime(timezone=True), nullable=False),
        Column("until", DateTime(timezone=True), nullable=False),
        Column("requested_at", DateTime(timezone=True), nullable=False),
        Column("ended_at", DateTime(timezone=True)),
        Column("reason", Text),
    ),
    row=SimulationRow,
    reads=(Catalogue("loyalty", _READ),),
    key=lambda recorded: recorded.event.simulation_id,
    project=project,
)
