"""Which simulations wait to be carried out, in the order in which they were asked for."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

WAITING = """
SELECT simulation_id FROM simulations_v2 WHERE status IN ('waiting', 'running') ORDER BY requested_at, simulation_id
"""


async def waiting(pool: asyncpg.Pool) -> Sequence[UUID]:
    """Return the simulations that have not ended, as far as the view knows."""
    return [UUID(int=row[0].int) for row in await pool.fetch(WAITING)]
