"""Finds the accounts that there are: all of them page by page, or a sample."""

from collections.abc import Sequence

import asyncpg
from msgspec import Struct

from services.loyalty.domain.ledger.decider import ACCOUNT

FIRST = ACCOUNT.stream("")
"""What the names of all accounts begin with, and come after."""

PAGE = "SELECT stream_id FROM stream WHERE stream_id > $1 AND starts_with(stream_id, $2) ORDER BY stream_id LIMIT $3"
COUNT = "SELECT count(*) FROM stream WHERE starts_with(stream_id, $1)"
SAMPLE = """
SELECT stream_id FROM stream WHERE starts_with(stream_id, $1) ORDER BY hashtext(stream_id), stream_id LIMIT $2
"""


class Sample(Struct, frozen=True):
    """How many accounts there are, and the customers of some of them."""

    of: int
    customers: Sequence[str]


async def customers_after(pool: asyncpg.Pool, stream: str, limit: int) -> Sequence[str]:
    """Return the next customers with an account, after the one of the stream; "" is before all."""
    found = await pool.fetch(PAGE, stream or FIRST, FIRST, limit)
    return [row[0].removeprefix(FIRST) for row in found]


async def sample(pool: asyncpg.Pool, limit: int) -> Sample:
    """Return everyone, or `limit` of them where they are more: those whose names hash lowest, the same each time."""
    count = await pool.fetchval(COUNT, FIRST)
    found = await pool.fetch(SAMPLE, FIRST, limit)
    return Sample(count, [row[0].removeprefix(FIRST) for row in found])
