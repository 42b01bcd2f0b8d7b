"""How old a list may be: for each partition, the moment up to which a consumer has taken all that the topic held."""

import asyncio
from collections.abc import Mapping
from datetime import datetime

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.consumers.position import Place, Position

SECONDS = 1.0
"""How often the moments are written: a list can't be known to be newer than this."""

NOTE = """
UPDATE consumer_position p SET current_at = to_timestamp(n.milliseconds / 1000.0)
FROM unnest($2::text[], $3::smallint[], $4::bigint[], $5::bigint[]) AS n(topic, partition, epoch, milliseconds)
WHERE p.consumer = $1 AND p.topic = n.topic AND p.partition = n.partition AND p.epoch = n.epoch
"""

CURRENT = """
SELECT CASE WHEN bool_and(current_at IS NOT NULL) THEN min(current_at) END FROM consumer_position WHERE consumer = $1
"""


class Freshness:
    """Notes, about once a second, up to when one consumer is current; it never holds up the consumer's batches."""

    def __init__(self, consumer: str, pool: asyncpg.Pool) -> None:
        self._consumer = consumer
        self._pool = pool
        self._next = 0.0

    async def note(self, kafka: AIOKafkaConsumer, places: Mapping[Place, Position]) -> None:
        """Write the moment of the last answer from the broker for each place that holds nothing untaken.

        A place that is behind, or before a hole, keeps the moment that it has;
        so do all of them while the broker doesn't answer.
        """
        now = asyncio.get_running_loop().time()
        if now < self._next:
            return
        self._next = now + SECONDS
        current = [
            (*place, position.epoch, kafka.last_poll_timestamp(TopicPartition(*place)))
            for place, position in places.items()
            if _has_all(kafka.highwater(TopicPartition(*place)), position)
        ]
        if current:
            await self._pool.execute(NOTE, self._consumer, *zip(*current, strict=True))


def _has_all(highwater: int | None, position: Position) -> bool:
    return highwater is not None and position.next_offset >= highwater and position.seen_seq < position.next_seq


async def current_at(database: asyncpg.Pool, consumer: str) -> datetime | None:
    """Return the moment up to which the consumer has taken all that its topics held; None before that is known."""
    found: datetime | None = await database.fetchval(CURRENT, consumer)
    return found
