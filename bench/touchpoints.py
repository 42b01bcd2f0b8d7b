"""Touchpoints: the CDNOW log from Kafka to appended events, beside reading the same records and doing nothing."""

from collections.abc import Mapping

import asyncpg

from bench.figures import Figure, Found, measured
from bench.place import CONTACT, Place
from bench.reading import ends, read_only
from bench.running import consumer_of, running, until
from rapport.demo import log
from rapport.demo.publish import TOPIC, publish

CUSTOMERS = 23_570
"""Of the log: each is registered, and claims the identifier by which the shop knows it."""


async def touchpoints(at: Place) -> list[Figure]:
    """Measure one worker's policy, and as the limit the reading alone."""
    await at.fresh_topics()
    messages = list(log.messages(log.purchases()))
    since = await ends(at, TOPIC)
    await publish(at.bootstrap_servers, messages, lambda _: None)
    return [
        await measured(
            "touchpoints",
            "touchpoints/s",
            lambda: _appended(at, len(messages), since),
            ">= 20,000",
            "reading the same records, and doing nothing",
            lambda: read_only(at, TOPIC, len(messages), since),
        )
    ]


async def _appended(at: Place, messages: int, since: Mapping[int, int]) -> Found:
    """Return touchpoints a second of one worker, from Kafka to appended events."""
    async with at.pool(CONTACT, 8) as pool:
        await begin_at(pool, since)
        consumer = consumer_of(CONTACT, at, pool, "touchpoints")
        with at.span("touchpoints") as span:
            async with running(consumer.run):
                wanted = messages + 2 * CUSTOMERS
                await until(pool, f"SELECT last_value >= {wanted} FROM event_position")
                await until(pool, f"SELECT count(*) >= {wanted} FROM event")
        return Found(messages / span.seconds, span.each(messages))


async def begin_at(pool: asyncpg.Pool, offsets: Mapping[int, int]) -> None:
    """Let contact's consumer of touchpoints start behind what others published."""
    place = "INSERT INTO consumer_position (consumer, topic, partition, next_offset) VALUES ('touchpoints', $1, $2, $3)"
    await pool.executemany(place, [(TOPIC, partition, offset) for partition, offset in offsets.items()])
