"""What answers need beyond a stream and a list: the newest completed run, and the events behind a score."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import asyncpg
from msgspec import Struct
from sqlalchemy import select

from services.scoring.views.evidence import EVIDENCE, EvidenceRow
from services.scoring.views.runs import RUNS
from shared.errors import Missing
from shared.merging import group
from shared.store.contract import NOW, EventStore, Moment, Recorded
from shared.views.query import compiled
from shared.views.rows import Rows

_RUN, _FACT = RUNS.table.c, EVIDENCE.table.c
_rows: Rows[EvidenceRow] = Rows(EVIDENCE)


class Together(Struct, frozen=True):
    """Customers who are one: `root` stands for all `members`, which are in order and include it."""

    root: UUID
    members: tuple[UUID, ...]


async def together(pool: asyncpg.Pool, customer_id: UUID, at: Moment = NOW) -> Together:
    """Return whom the customer is one with at a moment; nobody but themselves where nothing was merged."""
    found = await group(pool, str(customer_id), at)
    return Together(UUID(found.root), tuple(UUID(member) for member in found.members))


async def histories(store: EventStore, streams: Sequence[str], at: Moment) -> list[Recorded]:
    """Return exactly the events of the streams that count at `at`, stream by stream.

    Raises Missing where there are events, but none of them counts.
    """
    found = [recorded for stream in streams for recorded in await store.read(stream, at=at)]
    if not found and any([await store.read(stream, up_to=1) for stream in streams]):
        raise Missing("unknown-then", "Nothing of it had happened, or was known, at the time that you ask about.")
    return found


async def latest_run(pool: asyncpg.Pool) -> UUID | None:
    """Return the run that was completed last."""
    newest_first = select(_RUN.run_id).order_by(_RUN.ended_at.desc(), _RUN.run_id.desc())
    statement, arguments = compiled(newest_first.where(_RUN.status == "completed").limit(1))
    found = await pool.fetchval(statement, *arguments)
    return None if found is None else UUID(int=found.int)


async def evidence(
    pool: asyncpg.Pool, customer_id: UUID, currency: str, until: date, most: int
) -> Sequence[EvidenceRow]:
    """Return the newest `most` purchases and refunds of the customer up to the end of the day `until`, in UTC."""
    end = datetime.combine(until + timedelta(days=1), time(), UTC)
    newest_first = select(EVIDENCE.table).order_by(_FACT.occurred_at.desc(), _FACT.event_id.desc())
    behind = newest_first.where(_FACT.customer_id == customer_id, _FACT.currency == currency, _FACT.occurred_at < end)
    statement, arguments = compiled(behind.limit(most))
    return [_rows.row(row) for row in await pool.fetch(statement, *arguments)]
