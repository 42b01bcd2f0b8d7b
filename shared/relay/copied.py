"""Is Kafka's copy of the log whole? Looked at where losses show: at the beginning and the end of each partition."""

from collections.abc import Mapping

import asyncpg
from msgspec import Struct

from shared.relay.ahead import look
from shared.topics.records import TopicReader
from shared.wire import partition_sequence

ACKED = "SELECT partition, acked_seq, first_offset FROM relay_partition WHERE acked_seq > 0 ORDER BY partition"


class Lacking(Struct, frozen=True):
    """A partition whose copy begins after number 1, or ends before the last number that the broker acknowledged."""

    partition: int
    first: int


async def lacking(pool: asyncpg.Pool, topic: str, bootstrap_servers: str) -> list[Lacking]:
    """Return the partitions that lack events at either end, each with the first number to send again.

    Raises Ahead when instead the log lacks what the topic holds.
    """
    rows = await pool.fetch(ACKED)
    acked, begins = {row[0]: row[1] for row in rows}, {row[0]: row[2] for row in rows}
    looked = await look(pool, topic, bootstrap_servers)
    if looked.origin is None:
        return [Lacking(partition, 1) for partition in acked]
    first, written_again, last = await _numbers(topic, bootstrap_servers, begins)
    found = []
    for partition, seq in acked.items():
        reached = max(last.get(partition, 0), looked.highest.get(partition, 0))
        if 1 not in (first.get(partition), written_again.get(partition)):
            found.append(Lacking(partition, 1))
        elif reached < seq:
            found.append(Lacking(partition, reached + 1))
    return found


async def _numbers(topic: str, bootstrap_servers: str, begins: Mapping[int, int]) -> list[dict[int, int]]:
    """Return the numbers of each partition's first record, of the one at `begins`, and of its last, where they are.

    A topic that was written again beside the relay doesn't begin with number 1, but has it at `begins`.
    """
    async with TopicReader(bootstrap_servers, topic) as reader:
        first, ends = await reader.beginnings(), await reader.ends()
        again = {partition: max(first[partition], begins.get(partition, 0)) for partition in ends}
        last = {partition: max(first[partition], end - 1) for partition, end in ends.items()}
        return [await _at(reader, offsets, ends) for offsets in (first, again, last)]


async def _at(reader: TopicReader, offsets: Mapping[int, int], ends: Mapping[int, int]) -> dict[int, int]:
    until = {partition: min(offset + 1, ends[partition]) for partition, offset in offsets.items()}
    pages = [page async for page in reader.records(offsets, until)]
    return {record.partition: partition_sequence(record) for page in pages for record in page}
