"""Reads whole populations into arrays, page by page, as they were on a day; whoever was merged is there once."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import numpy as np

from services.scoring.domain.measures import Population
from services.scoring.domain.spending import UNITS, Day, together, totals

PAGE = 5_000

LATEST_DAY = "SELECT max(latest_day) FROM customer_value_v2"
"""Of any currency: whoever stopped buying in a small one was observed as long as everyone else."""

OTHERS = """
SELECT currency, count(DISTINCT coalesce(root, customer_id::text))
FROM customer_value_v2 LEFT JOIN merged_subject ON subject = customer_id::text
WHERE currency <> $1 AND first_day <= $2 GROUP BY 1 ORDER BY 1
"""
READ = f"""
SELECT uuid_send(customer_id), (revenue * {UNITS})::bigint, purchases, transaction_days, first_day, last_day,
       CASE WHEN latest_day > $2 THEN days::text END
FROM customer_value_v2 WHERE ($1::text IS NULL OR currency = $1) AND first_day <= $2
AND NOT EXISTS (SELECT FROM merged_subject WHERE subject = customer_id::text)
"""
MERGED = """
SELECT root, currency, days::text FROM customer_value_v2 JOIN merged_subject ON subject = customer_id::text
WHERE ($1::text IS NULL OR currency = $1)
"""
GROUPS = "SELECT root, subject FROM merged_subject WHERE root <> subject ORDER BY root, subject"

Numbers = np.ndarray[Any, np.dtype[np.int64]]
_days = msgspec.json.Decoder(tuple[Day, ...]).decode


async def population(
    pool: asyncpg.Pool, currency: str, until: date | None, *, pooled: bool = False
) -> Population | None:
    """Return everyone who had bought in `currency` by the end of `until` (None: the last day with any fact).

    With `pooled`, whoever had bought in any currency, once for each. None when
    there is nobody. All of it is read in one snapshot, also who stands for whom.
    """
    scope = None if pooled else currency
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        day = until.toordinal() if until else await connection.fetchval(LATEST_DAY)
        if day is None:
            return None
        pages = [page async for page in _pages(connection, scope, day)]
        others = dict(await connection.fetch(OTHERS, currency, day))
        merged = await _groups(connection)
    if not pages:
        return None
    ids, numbers = b"".join(page[0] for page in pages), np.concatenate([page[1] for page in pages])
    units, purchases, days, first, last = numbers.T
    return Population(date.fromordinal(day), currency, others, ids, units, purchases, days, first, last, merged)


async def _pages(connection: Any, currency: str | None, day: int) -> AsyncIterator[tuple[bytes, Numbers]]:
    cursor = await connection.cursor(READ, currency, day)
    while rows := await cursor.fetch(PAGE):
        yield _page([(row[0], *_numbers(row, day)) for row in rows])
    merged = _added_up(await connection.fetch(MERGED, currency), day)
    if merged:
        yield _page(merged)


def _page(rows: Sequence[Sequence[Any]]) -> tuple[bytes, Numbers]:
    """Return the page of rows of (id, units, purchases, transaction days, first day, last day)."""
    return b"".join(row[0] for row in rows), np.array([row[1:] for row in rows], dtype=np.int64)


def _numbers(row: Sequence[Any], day: int) -> Sequence[Any]:
    """Return units, purchases, transaction days, first and last day; cut at `day` where there are later facts."""
    return row[1:6] if row[6] is None else totals(_days(row[6]), day)


def _added_up(rows: Sequence[Sequence[Any]], day: int) -> list[Sequence[Any]]:
    """Return one row for each root and currency: what its members come to together by the end of `day`."""
    histories: dict[tuple[str, str], list[Sequence[Day]]] = defaultdict(list)
    for root, currency, days in rows:
        histories[root, currency].append(_days(days))
    counted = [(UUID(root).bytes, *totals(together(days), day)) for (root, _), days in sorted(histories.items())]
    return [row for row in counted if row[4] is not None]


async def _groups(connection: Any) -> Mapping[UUID, tuple[UUID, ...]]:
    """Return, for each customer who stands for others, these others in order."""
    members: dict[UUID, tuple[UUID, ...]] = {}
    for root, subject in await connection.fetch(GROUPS):
        members[UUID(root)] = (*members.get(UUID(root), ()), UUID(subject))
    return members
