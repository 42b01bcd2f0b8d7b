"""The relay's first half: give each committed event its number, once, under the leader's epoch."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, NamedTuple

import asyncpg

from shared.errors import Fenced
from shared.relay.floor import Floor
from shared.wire import WIRE_COLUMNS

LEAD = """
UPDATE relay_partition SET epoch = epoch + 1 WHERE partition = ANY($1::smallint[])
RETURNING partition, epoch, acked_seq, next_seq, ctid
"""

LOOKED = """
UPDATE relay_partition r SET origin = $4, acked_offset = a.last
FROM unnest($1::smallint[], $2::bigint[], $3::bigint[]) AS a(partition, epoch, last)
WHERE r.partition = a.partition AND r.epoch = a.epoch
RETURNING r.partition, r.ctid
"""

# The rows of relay_partition are locked first; a partition whose epoch has moved on is left alone, outbox and all.
# They are found by their places: by the key, each look would meet every version that an open snapshot keeps.
SEQUENCE = """
WITH mine AS (
    SELECT r.partition, r.ctid AS place, a.place AS expected, a.acked,
           coalesce(a.acked_offset, r.acked_offset) AS acked_offset
    FROM unnest($1::smallint[], $2::bigint[], $3::bigint[], $5::bigint[], $6::tid[])
         AS a(partition, epoch, acked, acked_offset, place)
    JOIN relay_partition r ON r.ctid = a.place AND r.partition = a.partition AND r.epoch = a.epoch
    ORDER BY r.partition FOR UPDATE OF r
), held AS (
    SELECT * FROM mine WHERE place = expected
), taken AS (
    DELETE FROM outbox WHERE ctid = ANY(ARRAY(
        SELECT o.ctid FROM outbox o WHERE o.position > $7 AND o.partition IN (SELECT partition FROM held)
        ORDER BY o.position LIMIT $4))
    RETURNING position, partition
), grouped AS (
    SELECT partition, array_agg(position ORDER BY position) AS positions FROM taken GROUP BY partition
), advanced AS (
    UPDATE relay_partition r
    SET next_seq = r.next_seq + coalesce(cardinality(g.positions), 0), acked_seq = held.acked,
        acked_offset = held.acked_offset
    FROM held LEFT JOIN grouped g USING (partition)
    WHERE r.ctid = held.place AND (g.positions IS NOT NULL OR r.acked_seq <> held.acked
                                   OR r.acked_offset IS DISTINCT FROM held.acked_offset)
    RETURNING r.partition, r.ctid AS place, r.next_seq - coalesce(cardinality(g.positions), 0) AS first_seq, g.positions
), published AS (
    INSERT INTO publication SELECT partition, first_seq, positions FROM advanced WHERE positions IS NOT NULL
)
SELECT held.partition, advanced.first_seq, advanced.positions, coalesce(advanced.place, held.place),
       pg_current_xact_id()::text::bigint, pg_snapshot_xmin(pg_current_snapshot())::text::bigint
FROM held LEFT JOIN advanced USING (partition)
"""

WAITING = "SELECT EXISTS (SELECT FROM outbox WHERE position > $2 AND partition = ANY($1::smallint[]))"

WITHOUT_SCANS, WITH_SCANS = "SET enable_seqscan = off", "RESET enable_seqscan"

READ_POSITIONS = f"SELECT {WIRE_COLUMNS} FROM event e WHERE e.position = ANY($1::bigint[])"

READ_RANGE = """
SELECT first_seq, positions FROM publication
WHERE partition = $1 AND first_seq <= $3 AND first_seq >= coalesce(
    (SELECT max(first_seq) FROM publication WHERE partition = $1 AND first_seq <= $2), 0)
ORDER BY first_seq
"""


@asynccontextmanager
async def without_scans(pool: asyncpg.Pool) -> AsyncIterator[asyncpg.Connection]:
    """A connection on which tables are read by index or place, however small they were when a statement was planned.

    While a snapshot is open they hold every row that was ever taken.
    """
    async with pool.acquire() as connection:
        await connection.execute(WITHOUT_SCANS)
        try:
            yield connection
        finally:
            with suppress(OSError, asyncpg.InterfaceError, asyncpg.PostgresError):
                await connection.execute(WITH_SCANS)


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

    def __init__(self, database: asyncpg.Pool | asyncpg.Connection, partitions: Sequence[int]) -> None:
        self._database = database
        self.partitions = tuple(partitions)
        self._epochs: dict[int, int] = {}
        self._places: dict[int, Any] = {}
        self._floor = Floor()
        self.acked: dict[int, int] = {}
        self.acked_offsets: dict[int, int] = {}

    async def lead(self) -> Mapping[int, Lead]:
        """Take the partitions over: whoever led them before can write nothing from now on."""
        rows = await self._database.fetch(LEAD, self.partitions)
        leads = {row[0]: Lead(row[1], row[2], row[3]) for row in rows}
        self._epochs = {partition: lead.epoch for partition, lead in leads.items()}
        self._places = {row[0]: row[4] for row in rows}
        self._floor = Floor()
        self.acked = {partition: lead.acked_seq for partition, lead in leads.items()}
        self.acked_offsets = {}
        return leads

    async def looked(self, origin: str, ends: Mapping[int, int]) -> None:
        """Write down that what the topic holds below `ends` in the log `origin` is known to this log."""
        last = [ends[partition] - 1 for partition in self.partitions]
        epochs = self._in_order(self._epochs)
        self._places.update(await self._database.fetch(LOOKED, self.partitions, epochs, last, origin))

    async def waiting(self) -> bool:
        """Tell whether an event of these partitions waits for its number."""
        found: bool = await self._database.fetchval(WAITING, self.partitions, self._floor.position)
        return found

    async def next_batch(self, limit: int) -> list[Numbered]:
        """Number up to `limit` of the oldest committed events and return them; note what was acknowledged.

        The numbers are durable when this returns. Raises Fenced when another
        leader has taken over a partition; its events were left alone.
        """
        rows = await self._database.fetch(
            SEQUENCE,
            self.partitions,
            self._in_order(self._epochs),
            self._in_order(self.acked),
            limit,
            [self.acked_offsets.get(partition) for partition in self.partitions],
            self._in_order(self._places),
            self._floor.position,
        )
        if len(rows) < len(self.partitions):
            raise Fenced("another relay leads now")
        self._places = {row[0]: row[3] for row in rows}
        given: dict[int, tuple[int, int]] = {
            position: (row[0], seq) for row in rows for seq, position in enumerate(row[2] or (), start=row[1] or 0)
        }
        self._floor.looked(given, full=len(given) >= limit, number=rows[0][4], oldest=rows[0][5])
        return await read_events(self._database, given)

    def _in_order(self, of: Mapping[int, Any]) -> list[Any]:
        return [of[partition] for partition in self.partitions]


async def read_range(pool: asyncpg.Pool, partition: int, first: int, last: int) -> list[Numbered]:
    """Return the events that were given the numbers first..last in `partition`, in order."""
    places = {
        position: (partition, seq)
        for first_seq, positions in await pool.fetch(READ_RANGE, partition, first, last)
        for seq, position in enumerate(positions, start=first_seq)
        if first <= seq <= last
    }
    return await read_events(pool, places)


async def read_events(pool: asyncpg.Pool | asyncpg.Connection, places: Mapping[int, tuple[int, int]]) -> list[Numbered]:
    """Return the events at the given positions, ordered by partition and number."""
    if not places:
        return []
    rows = await pool.fetch(READ_POSITIONS, list(places))
    numbered = [Numbered(*places[row[7]], row) for row in rows]
    numbered.sort(key=lambda item: item[:2])
    return numbered
