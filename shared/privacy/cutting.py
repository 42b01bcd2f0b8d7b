"""Cutting a topic from outside: what was taken in up to now can't be read there any more, and leaves the disk soon."""

import asyncio
import time
from collections.abc import Mapping

import asyncpg
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from shared.policies.policy import RawRecord
from shared.stack.topics import ANY_TIME, SEGMENT_SETTINGS, change_settings, own_settings
from shared.store.contract import PARTITIONS

MARK = b"rapport.mark.v1"
"""The type of the records that begin a new segment; whoever reads the topic passes them by."""

AHEAD_MILLISECONDS = 59 * 60 * 1000
"""A segment ends when a record is younger than its first one by more than segment.ms: so a mark is as young as Kafka
lets anyone be (an hour ahead)."""

PATIENCE_SECONDS = 60.0

PLACES = "SELECT partition, next_offset FROM consumer_position WHERE consumer = $1 AND topic = $2"


def is_mark(record: RawRecord) -> bool:
    """Tell whether a record is a mark, and nobody's message."""
    return ("ce_type", MARK) in record.headers


async def cut(bootstrap_servers: str, topic: str, pool: asyncpg.Pool, consumer: str) -> Mapping[int, int]:
    """Remove everything that stood in `topic` when this was called; return the first offset left, by partition.

    Each partition gets a mark, which begins a segment of its own. Once
    `consumer` has come past the marks, all before them is deleted: what nobody has
    taken in yet is never lost. Raises TimeoutError when the consumer doesn't come so far.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await admin.start()
    try:
        marks = await _mark(admin, bootstrap_servers, topic)
        await _taken(pool, consumer, topic, marks)
        await admin.delete_records(
            {TopicPartition(topic, place): RecordsToDelete(before_offset=offset) for place, offset in marks.items()}
        )
    finally:
        await admin.close()
    return marks


async def _mark(admin: AIOKafkaAdminClient, bootstrap_servers: str, topic: str) -> dict[int, int]:
    """Write a mark into each partition while every record begins a segment; return the marks' offsets."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap_servers, acks="all", enable_idempotence=True)
    await producer.start()
    found = await own_settings(admin, topic)  # whoever was here before may have been killed in the middle
    usual = {**{name: value for name, value in found.items() if ANY_TIME.get(name) != value}, **SEGMENT_SETTINGS}
    try:
        await change_settings(admin, topic, {**usual, "segment.ms": "1", **ANY_TIME})
        headers = [("ce_type", MARK), ("content-type", b"application/json")]
        youngest = int(time.time() * 1000) + AHEAD_MILLISECONDS
        sent = [
            await producer.send(topic, b"{}", partition=place, headers=headers, timestamp_ms=youngest)
            for place in range(PARTITIONS)
        ]
        return {place: (await future).offset for place, future in enumerate(sent)}
    finally:
        await producer.stop()
        await change_settings(admin, topic, usual)


async def _taken(pool: asyncpg.Pool, consumer: str, topic: str, marks: Mapping[int, int]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            reached = {row[0]: row[1] for row in await pool.fetch(PLACES, consumer, topic)}
            if all(reached.get(place, 0) > offset for place, offset in marks.items()):
                return
            await asyncio.sleep(0.05)
