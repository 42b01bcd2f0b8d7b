"""Hold a snapshot: in each database a read transaction stays open, and keeps every row that goes meanwhile."""

import asyncio
from contextlib import AsyncExitStack

import asyncpg

from rapport.services import SERVICES
from tests.faults.deployment import Deployment
from tests.faults.steps.step import Step, StepFailed

TAKEN = """
SELECT i.idx_tup_read, t.n_tup_del FROM pg_stat_user_indexes i JOIN pg_stat_user_tables t USING (relid)
WHERE i.indexrelname = 'outbox_pkey'
"""
ENOUGH = 200
"""Events of which something can be said at all."""

FACTOR = 3.0
LOOKS = 100.0
"""Rows met for each event that are always in order: of single events each look meets a few."""


class HoldSnapshot(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="hold-snapshot"):
    """Hold a snapshot of each service's database for so many `seconds`.

    Raises StepFailed where the relay meets more rows of the outbox for each event at the end than at the beginning:
    rows are counted, since time depends on whatever else runs.
    """

    seconds: float = 120.0

    async def run(self, deployment: Deployment) -> None:
        async with AsyncExitStack() as stack:
            for service in SERVICES:
                connection = await asyncpg.connect(deployment.postgres.url(service))
                stack.push_async_callback(connection.close, timeout=2)
                await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT count(*) FROM outbox")
            deployment.tell("a snapshot of each database is held")
            counts = [await _met(deployment)]
            for _ in range(3):
                await asyncio.sleep(self.seconds / 3)
                counts.append(await _met(deployment))
        deployment.tell("no snapshot is held any more")
        for service in SERVICES:
            first, last = (_rate(counts[at][service], counts[at + 1][service]) for at in (0, 2))
            if first is not None and last is not None and last > max(LOOKS, FACTOR * first):
                raise StepFailed(
                    f"{service}'s relay met {last:.0f} rows for each event at the end, {first:.0f} at first"
                )


async def _met(deployment: Deployment) -> dict[str, tuple[int, int]]:
    found = {}
    for service in SERVICES:
        connection = await asyncpg.connect(deployment.postgres.url(service))
        try:
            found[service] = tuple(await connection.fetchrow(TAKEN))
        finally:
            await connection.close(timeout=2)
    return found


def _rate(before: tuple[int, int], after: tuple[int, int]) -> float | None:
    """Return the rows met for each event that was taken."""
    events = after[1] - before[1]
    return (after[0] - before[0]) / events if events >= ENOUGH else None
