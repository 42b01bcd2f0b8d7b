"""Which runs were asked for, and how did they end: one row each."""

from datetime import date, datetime
from typing import assert_never
from uuid import UUID

from msgspec import Struct, structs
from sqlalchemy import Column, Date, DateTime, Integer, MetaData, Table, Text, Uuid

from services.scoring.domain.events import EdgesFrozen, RunCompleted, RunEvent, RunFailed, RunJoined, RunRequested
from shared.events import Catalogue
from shared.store.contract import Recorded
from shared.views.view import View


class RunRow(Struct, frozen=True):
    """A run: running, completed, failed, or joined to another; `because` names contact's event that asked for it."""

    run_id: UUID
    status: str
    requested_at: datetime
    observed_until: date | None = None
    customers: int | None = None
    changed: int | None = None
    ended_at: datetime | None = None
    reason: str | None = None
    because: str | None = None


def project(row: RunRow | None, recorded: Recorded) -> RunRow | None:
    """Return the run's row after the event."""
    event: RunEvent = recorded.event
    if isinstance(event, RunRequested):
        because = event.because.event if event.because else None
        return RunRow(event.run_id, "running", recorded.recorded_at, event.observed_until, because=because)
    if row is None:
        return None
    match event:
        case EdgesFrozen():
            return structs.replace(row, observed_until=event.observed_until, customers=event.customers)
        case RunCompleted():
            return structs.replace(row, status="completed", changed=event.changed, ended_at=recorded.recorded_at)
        case RunFailed():
            return structs.replace(row, status="failed", reason=event.reason, ended_at=recorded.recorded_at)
        case RunJoined():
            reason = f"done by run {event.into}"
            return structs.replace(row, status="joined", reason=reason, ended_at=recorded.recorded_at)
        case _:
            assert_never(event)


RUNS = View(
    name="runs",
    table=Table(
        "runs_v2",
        MetaData(),
        Column("run_id", Uuid, primary_key=True),
        Column("status", Text),
        Column("requested_at", DateTime(timezone=True)),
        Column("observed_until", Date),
        Column("customers", Integer),
        Column("changed", Integer),
        Column("ended_at", DateTime(timezone=True)),
        Column("reason", Text),
        Column("because", Text),
    ),
    row=RunRow,
    reads=(
        Catalogue(
            "scoring",
            {
                "run-requested.v1": RunRequested,
                "edges-frozen.v1": EdgesFrozen,
                "run-completed.v1": RunCompleted,
                "run-failed.v1": RunFailed,
                "run-joined.v1": RunJoined,
            },
        ),
    ),
    key=lambda recorded: recorded.event.run_id,
    project=project,
)
