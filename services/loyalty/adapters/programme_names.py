"""Reads which programmes there are, as far as the views have learned of them."""

import asyncpg

from services.loyalty.views.programmes import PROGRAMMES

_NAMES = f"SELECT programme_id FROM {PROGRAMMES.table.name} ORDER BY programme_id"


async def programme_names(pool: asyncpg.Pool) -> list[str]:
    """Return the ids of all programmes of which something was published, in their order."""
    return [row[0] for row in await pool.fetch(_NAMES)]
