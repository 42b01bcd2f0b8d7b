"""Checksums of two tables that don't depend on the order of rows, by buckets: they tell which rows differ, too."""

from collections.abc import Mapping

import asyncpg
from msgspec import Struct

BUCKETS = 4096
AT_ONCE = 256
"""Buckets whose rows are compared in one go: what is held in memory is a sixteenth of the table at most."""

SUMS = """
SELECT (hashtextextended({key}::text, 0) & {mask})::integer AS bucket,
       count(*) AS rows, sum(hashtextextended(t::text, 0)) AS sum
FROM {table} t GROUP BY 1
"""
ROWS = """
SELECT {key}::text, hashtextextended(t::text, 0) FROM {table} t
WHERE (hashtextextended({key}::text, 0) & {mask})::integer = ANY($1::integer[])
"""

Sums = Mapping[int, tuple[int, int]]


class Checksum(Struct, frozen=True):
    """A table's rows and the sum of their hashes."""

    rows: int
    sum: str


async def sums(connection: asyncpg.Connection, table: str, key: str) -> Sums:
    """Return rows and sum of hashes for each bucket of keys."""
    statement = SUMS.format(table=table, key=key, mask=BUCKETS - 1)
    return {row[0]: (row[1], int(row[2])) for row in await connection.fetch(statement)}


def checksum(found: Sums) -> Checksum:
    """Return the checksum of the whole table."""
    total = sum(part for _, part in found.values()) % 2**64
    return Checksum(sum(rows for rows, _ in found.values()), f"{total:016x}")


async def differing(
    one: tuple[asyncpg.Connection, str, Sums], other: tuple[asyncpg.Connection, str, Sums], key: str
) -> int:
    """Return how many keys have different rows, or a row in one of the tables alone.

    Each table is read over its own connection, so each may be seen at a moment of its own.
    """
    buckets = [bucket for bucket in range(BUCKETS) if one[2].get(bucket) != other[2].get(bucket)]
    count = 0
    for start in range(0, len(buckets), AT_ONCE):
        some = buckets[start : start + AT_ONCE]
        here, there = [await _rows(at[0], at[1], key, some) for at in (one, other)]
        count += sum(1 for name in here.keys() | there.keys() if here.get(name) != there.get(name))
    return count


async def _rows(connection: asyncpg.Connection, table: str, key: str, buckets: list[int]) -> dict[str, int]:
    statement = ROWS.format(table=table, key=key, mask=BUCKETS - 1)
    return {row[0]: row[1] for row in await connection.fetch(statement, buckets)}
