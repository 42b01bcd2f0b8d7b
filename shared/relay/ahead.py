"""Is the topic ahead of the log? Then the database is an older state of itself, and must not go on by itself.

Its numbers would be given a second time, to other events, which every consumer would drop as repeats.
"""

from collections.abc import Mapping
from typing import Any

import asyncpg
from msgspec import Struct

from shared.topics.origin import origins
from shared.topics.records import TopicReader
from shared.wire import partition_sequence

TAIL = 10_000
"""Records of a partition that are looked at where it isn't known up to which offset they are the log's own."""

LEDS = "SELECT partition, origin, acked_offset FROM relay_partition ORDER BY partition"
NUMBERED = "SELECT partition, next_seq FROM relay_partition ORDER BY partition"
NOTE = """
UPDATE relay_partition r SET topic_seq = n.seq
FROM unnest($1::smallint[], $2::bigint[]) AS n(partition, seq) WHERE r.partition = n.partition AND r.topic_seq < n.seq
"""
BEHIND = "SELECT partition, next_seq, topic_seq FROM relay_partition WHERE topic_seq >= next_seq ORDER BY partition"


class Ahead(Exception):
    """The topic holds numbers that the log hasn't given."""


class Looked(Struct, frozen=True):
    """What the topic was found to be: which log, where each partition ends, and its highest numbers met."""

    origin: str | None
    ends: Mapping[int, int]
    highest: Mapping[int, int]


async def look(pool: asyncpg.Pool, topic: str, bootstrap_servers: str) -> Looked:
    """Look at what the topic holds behind that of which the log knows that it is there.

    Raises Ahead when there are numbers that the log hasn't given, and notes it
    for everyone who asks `behind`. Reads little: what a relay sent since it last
    wrote down how far the broker had acknowledged.
    """
    origin = (await origins(bootstrap_servers, [topic])).get(topic)
    if origin is None:
        return Looked(None, {}, {})
    async with TopicReader(bootstrap_servers, topic) as reader:
        known = {partition: acked for partition, log, acked in await pool.fetch(LEDS) if log == origin}
        last = await reader.ends()
        first = await reader.beginnings()
        since = {number: max(first[number], _since(known.get(number), end)) for number, end in last.items()}
        highest: dict[int, int] = {}
        async for page in reader.records(since, last):
            for record in page:
                number = partition_sequence(record)
                highest[record.partition] = max(highest.get(record.partition, 0), number)
    await _compare(pool, topic, highest)
    return Looked(origin, last, highest)


def _since(acked: int | None, end: int) -> int:
    return end - TAIL if acked is None else acked + 1


async def behind(pool: asyncpg.Pool) -> str | None:
    """Return a sentence when the topic is known to be ahead of the log, else None. Asks the database alone."""
    rows = await pool.fetch(BEHIND)
    return _sentence(rows) if rows else None


async def _compare(pool: asyncpg.Pool, topic: str, highest: Mapping[int, int]) -> None:
    """What stood in the topic was numbered before, so numbers read now are at least as high in a log that is whole."""
    given = dict(await pool.fetch(NUMBERED))
    ahead = {partition: seq for partition, seq in highest.items() if seq >= given[partition]}
    if ahead:
        await pool.execute(NOTE, list(ahead), list(ahead.values()))
        raise Ahead(f"{topic}: {_sentence([(number, given[number], seq) for number, seq in sorted(ahead.items())])}")


def _sentence(rows: list[Any]) -> str:
    events = sum(seq - next_seq + 1 for _, next_seq, seq in rows)
    partition, next_seq, seq = rows[0]
    return (
        f"the topic holds {events} events that the log lacks (partition {partition}: numbers {next_seq} to {seq}):"
        " the database is an older state of itself; `rapport recover` puts them back"
    )
