"""Reads whole populations into arrays, page by page, as they were on a day."""

from collections.abc import AsyncIterator, Sequence
from datetime import date
from typing import Any

import asyncpg
import msgspec
import numpy as np

from services.scoring.domain.measures import Population
from services.scoring.domain.spending import UNITS, Day, totals

PAGE = 5_000

LATEST_DAY = "SELECT max(latest_day) FROM customer_value_v2"
"""Of any currency: whoever stopped buying in a small one was observed as long as everyone else."""

OTHERS = (
    "SELECT currency, count(*) FROM customer_value_v2 WHERE currency <> $1 AND first_day <= $2 GROUP BY 1 ORDER BY 1"
)
READ = f"""
SELECT uuid_send(customer_id), (revenue * {UNITS})::bigint, purchases, transaction_days, first_day, last_day,
       CASE WHEN latest_day > $2 THEN days::text END
FROM customer_value_v2 WHERE ($1::text IS NULL OR currency = $1) AND first_day <= $2
"""

_days = msgspec.json.Decoder(tuple[Day, ...]).decode


async def population(
    pool: asyncpg.Pool, currency: str, until: date | None, *, pooled: bool = False
) -> Population | None:
    """Return everyone who had bought in `currency` by the end of `until` (None: the last day with any fact).

    With `pooled`, whoever had bought in any currency, once for each. None when
    there is nobody. All of it is read in one snapshot.
    """
    scope = None if pooled else currency
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        day = until.toordinal() if until else await connection.fetchval(LATEST_DAY)
        if day is None:
            return None
        pages = [page async for page in _pages(connection, scope, day)]
        others = dict(await connection.fetch(OTHERS, currency, day))
    if not pages:
        return None
    ids, numbers = b"".join(page[0] for page in pages), np.concatenate([page[1] for page in pages])
    return Population(date.fromordinal(day), currency, others, ids, *numbers.T)


async def _pages(
    connection: Any, currency: str | None, day: int
) -> AsyncIterator[tuple[bytes, np.ndarray[Any, np.dtype[np.int64]]]]:
    cursor = await connection.cursor(READ, currency, day)
    while rows := await cursor.fetch(PAGE):
        numbers = np.array([_numbers(row, day) for row in rows], dtype=np.int64)
        yield b"".join(row[0] for row in rows), numbers


def _numbers(row: Sequence[Any], day: int) -> Sequence[Any]:
    """Return units, purchases, transaction days, first and last day; cut at `day` where there are later facts."""
    return row[1:6] if row[6] is None else totals(_days(row[6]), day)
