"""Where each consumer stands: its place in every partition, kept in its own database and fenced by an epoch."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import asyncpg
from msgspec import Struct

from shared.errors import Fenced

Place = tuple[str, int]
"""A topic and a partition of it."""

# Offsets mean something in their own log only: in another one, reading begins again at the earliest.
TAKE = """
INSERT INTO consumer_position AS p (consumer, topic, partition, origin)
SELECT $1, place.topic, place.partition, place.origin
FROM unnest($2::text[], $3::smallint[], $4::text[]) AS place(topic, partition, origin)
ORDER BY place.topic, place.partition
ON CONFLICT (consumer, topic, partition) DO UPDATE
SET epoch = p.epoch + 1,
    next_offset = CASE WHEN p.origin <> excluded.origin THEN 0 ELSE p.next_offset END,
    origin = coalesce(excluded.origin, p.origin)
RETURNING topic, partition, epoch, next_offset, next_seq
"""

MOVE = """
WITH moves AS (
    SELECT * FROM unnest($2::text[], $3::smallint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
                         $8::bigint[], $9::bigint[])
    AS m(topic, partition, epoch, old_offset, old_seq, next_offset, next_seq, seen_seq)
), mine AS (
    SELECT moves.* FROM moves JOIN consumer_position p USING (topic, partition)
    WHERE p.consumer = $1 AND p.epoch = moves.epoch AND p.next_offset = moves.old_offset AND p.next_seq = moves.old_seq
    ORDER BY p.topic, p.partition FOR UPDATE OF p
)
UPDATE consumer_position p
SET next_offset = mine.next_offset, next_seq = mine.next_seq, seen_seq = mine.seen_seq, moved_at = $10
FROM mine WHERE p.consumer = $1 AND p.topic = mine.topic AND p.partition = mine.partition
"""

BEHIND = """
SELECT NOT EXISTS (SELECT FROM consumer_position
    WHERE consumer = $1 AND topic = $2 AND partition = $3 AND next_seq > $4)
"""


class Position(Struct):
    """A consumer's place in one partition.

    `next_seq` is the number it expects; `seen_seq` the highest it has met.
    seen_seq >= next_seq says that events are missing in between.
    """

    epoch: int
    next_offset: int
    next_seq: int
    seen_seq: int = 0


class Positions:
    """The places of one consumer in its service's database."""

    def __init__(self, consumer: str) -> None:
        self._consumer = consumer

    async def take(
        self, database: asyncpg.Pool, places: Sequence[Place], origins: Mapping[str, str] | None = None
    ) -> Mapping[Place, Position]:
        """Take the partitions over: whoever had them can move nothing from now on. Return where to go on.

        `origins` says which log each topic is now. In another log than the stored
        one, a place keeps its expected number and begins at offset 0: what was
        taken is dropped as a repeat, where numbers tell it from what wasn't.
        """
        topics, partitions = [place[0] for place in places], [place[1] for place in places]
        logs = [(origins or {}).get(topic) for topic in topics]
        rows = await database.fetch(TAKE, self._consumer, topics, partitions, logs)
        return {(row[0], row[1]): Position(row[2], row[3], row[4]) for row in rows}

    async def move(
        self,
        connection: asyncpg.Connection,
        old: Mapping[Place, Position],
        new: Mapping[Place, Position],
        now: datetime,
    ) -> None:
        """Move every place of `new` from where `old` says it is, in the open transaction.

        Raises Fenced when one is no longer there, or no longer this process's.
        """
        moves = [
            (*place, at.epoch, old[place].next_offset, old[place].next_seq, at.next_offset, at.next_seq, at.seen_seq)
            for place, at in new.items()
        ]
        moved = await connection.execute(MOVE, self._consumer, *zip(*moves, strict=True), now)
        if moved != f"UPDATE {len(moves)}":
            raise Fenced(f"{self._consumer} has lost a partition")


async def behind(database: asyncpg.Pool, consumer: str, topic: str, partition: int, seq: int) -> bool:
    """Tell whether the consumer has yet to take number `seq` of the partition."""
    found: bool = await database.fetchval(BEHIND, consumer, topic, partition, seq)
    return found
