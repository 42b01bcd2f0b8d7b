"""The relay's first half: give each committed event its number, once, under the leader's epoch."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import asyncpg

from shared.errors import Fenced
from shared.wire import WIRE_COLUMNS

LEAD = """
UPDATE relay_partition SET epoch = epoch + 1 WHERE partition = ANY($1::smallint[])
RETURNING partition, epoch, acked_seq, next_seq
"""

LOOKED = """
UPDATE relay_partition r SET origin = $4, acked_offset = a.last
FROM unnest($1::smallint[], $2::bigint[], $3::bigint[]) AS a(partition, epoch, last)
WHERE r.partition = a.partition AND r.epoch = a.epoch
"""

# The rows of relay_partition are locked first; a partition whose epoch has moved on is left alone, outbox and all.
SEQUENCE = """
WITH mine AS (
    SELECT r.partition, a.acked, a.acked_offset FROM relay_partition r
    JOIN unnest($1::smallint[], $2::bigint[], $3::bigint[], $5::bigint[]) AS a(partition, epoch, acked, acked_offset)
      ON a.partition = r.partition AND a.epoch = r.epoch
    ORDER BY r.partition FOR UPDATE OF r
), taken AS (
    DELETE FROM outbox WHERE ctid = ANY(ARRAY(
        SELECT o.ctid FROM outbox o WHERE o.partition IN (SELECT partition FROM mine) ORDER BY o.position LIMIT $4))
    RETURNING position, partition
), grouped AS (
    SELECT partition, array_agg(position ORDER BY position) AS positions FROM taken GROUP BY partition
), advanced AS (
    UPDATE relay_partition r
    SET next_seq = r.next_seq + coalesce(cardinality(g.positions), 0), acked_seq = mine.acked,
        acked_offset = coalesce(mine.acked_offset, r.acked_offset)
    FROM mine LEFT JOIN grouped g USING (partition)
    WHERE r.partition = mine.partition
    RETURNING r.partition, r.next_seq - coalesce(cardinality(g.positions), 0) AS first_seq, g.positions
), published AS (
    INSERT INTO publication SELECT partition, first_seq, positions FROM advanced WHERE positions IS NOT NULL
)
SELECT partition, first_seq, positions FROM advanced
"""

WAITING = "SELECT EXISTS (SELECT FROM outbox WHERE partition = ANY($1::smallint[]))"

READ_POSITIONS = f"SELECT {WIRE_COLUMNS} FROM event e WHERE e.position = ANY($1::bigint[])"

READ_RANGE = """
SELECT first_seq, positions FROM publication
WHERE partition = $1 AND first_seq <= $3 AND first_seq >= coalesce(
    (SELECT max(first_seq) FROM publication WHERE partition = $1 AND first_seq <= $2), 0)
ORDER BY first_seq
"""


class Numbered(NamedTuple):
    """One event, ready for the wire: its partition, its number there, and its row (WIRE_COLUMNS)."""

    partition: int
    seq: int
    row: Sequence[Any]


class Lead(NamedTuple):
    """What a leader knows of one partition: its epoch, what the broker has acknowledged, what comes next."""

    epoch: int
    acked_seq: int
    next_seq: int


class Sequencer:
    """Works on `partitions` of one service's database, of which it becomes the leader by `lead`."""

    def __init__(self, pool: asyncpg.Pool, partitions: Sequence[int]) -> None:
        self._pool = pool
        self.partitions = tuple(partitions)
        self._epochs: dict[int, int] = {}
        self.acked: dict[int, int] = {}
        self.acked_offsets: dict[int, int] = {}

    async def lead(self) -> Mapping[int, Lead]:
        """Take the partitions over: whoever led them before can write nothing from now on."""
        rows = await self._pool.fetch(LEAD, self.partitions)
        leads = {row[0]: Lead(row[1], row[2], row[3]) for row in rows}
        self._epochs = {partition: lead.epoch for partition, lead in leads.items()}
        self.acked = {partition: lead.acked_seq for partition, lead in leads.items()}
        self.acked_offsets = {}
        return leads

    async def looked(self, origin: str, ends: Mapping[int, int]) -> None:
        """Write down that what the topic holds below `ends` in the log `origin` is known to this log."""
        last = [ends[partition] - 1 for partition in self.partitions]
        await self._pool.execute(LOOKED, self.partitions, self._epochs_in_order(), last, origin)

    async def waiting(self) -> bool:
        """Tell whether an event of these partitions waits for its number."""
        found: bool = await self._pool.fetchval(WAITING, self.partitions)
        return found

    async def next_batch(self, limit: int) -> list[Numbered]:
        """Number up to `limit` of the oldest committed events and return them; note what was acknowledged.

        The numbers are durable when this returns. Raises Fenced when another
        leader has taken over a partition; its events were left alone.
        """
        acked = [self.acked[partition] for partition in self.partitions]
        offsets = [self.acked_offsets.get(partition) for partition in self.partitions]
        rows = await self._pool.fetch(SEQUENCE, self.partitions, self._epochs_in_order(), acked, limit, offsets)
        if len(rows) < len(self.partitions):
            raise Fenced("another relay leads now")
        return await read_events(
            self._pool,
            {
                position: (partition, seq)
                for partition, first_seq, positions in rows
                for seq, position in enumerate(positions or (), start=first_seq)
            },
        )

    def _epochs_in_order(self) -> list[int]:
        return [self._epochs[partition] for partition in self.partitions]


async def read_range(pool: asyncpg.Pool, partition: int, first: int, last: int) -> list[Numbered]:
    """Return the events that were given the numbers first..last in `partition`, in order."""
    places = {
        position: (partition, seq)
        for first_seq, positions in await pool.fetch(READ_RANGE, partition, first, last)
        for seq, position in enumerate(positions, start=first_seq)
        if first <= seq <= last
    }
    return await read_events(pool, places)


async def read_events(pool: asyncpg.Pool, places: Mapping[int, tuple[int, int]]) -> list[Numbered]:
    """Return the events at the given positions, ordered by partition and number."""
    if not places:
        return []
    rows = await pool.fetch(READ_POSITIONS, list(places))
    numbered = [Numbered(*places[row[7]], row) for row in rows]
    numbered.sort(key=lambda item: item[:2])
    return numbered
