"""Runs that wait to be carried out: in which order, and which of them may begin."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from services.scoring.domain.events import Cause, RunRequested
from services.scoring.domain.run import RUN
from shared.handle import Handler

PENDING = "SELECT run_id FROM runs_v2 WHERE status = 'running' ORDER BY requested_at, run_id"
WITH_CAUSE = """
SELECT run_id FROM runs_v2 WHERE status = 'running' AND because IS NOT NULL AND run_id <> $1
ORDER BY requested_at, run_id LIMIT 500
"""
TAKEN_IN = """
SELECT EXISTS (
    SELECT FROM merge_edge
    WHERE merge_id = $1 AND CASE WHEN $2 THEN undone_recorded_at ELSE recorded_at END IS NOT NULL
)
"""


async def pending(pool: asyncpg.Pool) -> Sequence[UUID]:
    """Return the runs that have not ended, in the order in which they were asked for."""
    return [UUID(int=row[0].int) for row in await pool.fetch(PENDING)]


async def may_begin(pool: asyncpg.Pool, because: Cause | None) -> bool:
    """Tell whether this service's own graph of merges has taken in what the run was asked for."""
    return because is None or bool(await pool.fetchval(TAKEN_IN, because.merge_id, because.undone))


async def company(pool: asyncpg.Pool, handler: Handler, requested: RunRequested) -> Sequence[RunRequested]:
    """Return the other runs that could be done by this one: all of them are about merges, and none has begun."""
    if requested.because is None:
        return ()
    found = []
    for row in await pool.fetch(WITH_CAUSE, requested.run_id):
        run = (await handler.load(RUN, RUN.stream(UUID(int=row[0].int)))).state
        asked = run.requested if run.status == "running" and run.frozen is None else None
        if asked and await may_begin(pool, asked.because):
            found.append(asked)
    return found
