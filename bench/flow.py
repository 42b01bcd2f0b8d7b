"""What flows out of a log: the relay, then a live view of what it sent; on the real Kafka and PostgreSQL."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID, uuid4

import asyncpg
from aiokafka import AIOKafkaProducer

from bench.figures import Figure, Found, measured
from bench.place import Place
from bench.reading import read_only
from bench.running import consumer_of, running, until
from rapport.services import load
from services.loyalty.domain.ledger.events import PointsEarned
from services.loyalty.views.members import MEMBERS as MEMBERS_VIEW
from shared.relay.relay import Relay
from shared.relay.send import producer
from shared.stack.topics import ensure_topics
from shared.store.contract import PARTITIONS, Append, Context
from shared.store.postgres import PostgresEventStore
from shared.wakeup import Wakeup

LOYALTY = load("loyalty")
ONE_VIEW = replace(LOYALTY, views=(MEMBERS_VIEW,))
"""The service with the view that is measured, and none beside it."""

EVENTS = 100_000
MEMBERS = 20_000
NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
PUBLISHED = "SELECT sum(next_seq - 1)::bigint FROM relay_partition"


async def flow(at: Place) -> list[Figure]:
    """Measure the relay beside a bare producer, then a live view of what it sent beside bare reading."""
    await at.fresh_topics()
    async with at.pool(LOYALTY, 8) as pool:
        batch = 0

        async def relay() -> Found:
            nonlocal batch
            await fill(pool, batch)
            batch += 1
            return await _relayed(at, pool)

        relayed = await measured(
            "relay",
            "events/s",
            relay,
            ">= 50,000",
            "a bare idempotent producer, 13 headers an event",
            lambda: _bare(at),
        )
        published = await pool.fetchval(PUBLISHED)
        view = await measured(
            "live_view",
            "events/s",
            lambda: _viewed(at, pool),
            ">= 50,000",
            "reading the same topic, and doing nothing",
            lambda: read_only(at, LOYALTY.topic, published),
        )
    return [relayed, view]


async def fill(pool: asyncpg.Pool, batch: int, events: int = EVENTS) -> None:
    """Append EVENTS earnings of MEMBERS members, to streams of their own for each batch."""
    store = PostgresEventStore(pool, LOYALTY.publishes)
    context = Context(NOW, NOW, causation="purchase-bench-1@1")
    for start in range(0, events, 1000):
        appends = []
        for number in range(start, start + 1000):
            member = UUID(int=number % MEMBERS)
            event = earned(member, f"{batch}-{number}", 49 * (batch + 1))
            appends.append(Append(f"earning-{batch}-{number}", 0, str(member), [event], context))
        await store.append(*appends)


_RULE = (Decimal("49.90"), "EUR", "one-per-whole-unit", 1)


def earned(member: UUID, name: str, balance: int = 49) -> PointsEarned:
    """Return an earning of 49 points, as an order brings it."""
    return PointsEarned(member, f"bench:{name}", "bench", name, 49, *_RULE, NOW, 0, balance)


async def _relayed(at: Place, pool: asyncpg.Pool) -> Found:
    relay = Relay(pool, "loyalty", LOYALTY.topic, range(PARTITIONS), at.bootstrap_servers, Wakeup(pool))
    with at.span("relay") as span:
        async with running(relay.run):
            await until(pool, "SELECT NOT EXISTS (SELECT FROM outbox)")
            await until(pool, "SELECT bool_and(acked_seq = next_seq - 1) FROM relay_partition")
    return Found(EVENTS / span.seconds, span.each(EVENTS))


async def _bare(at: Place) -> Found:
    """Return events a second of a producer that only sends: the limit of what a relay could reach."""
    value = b'{"lot_id":"bench:0-1","points":49,"source":"bench","order_id":"1","net":"49.90","currency":"EUR"}' * 3
    headers = [(f"ce_header{number}", b"0123456789abcdef") for number in range(13)]
    topic = f"bench-{uuid4().hex[:8]}"
    await ensure_topics(at.bootstrap_servers, [topic])
    kafka: AIOKafkaProducer = producer(at.bootstrap_servers)
    await kafka.start()
    try:
        with at.span("") as span:
            for _ in range(0, EVENTS, 12 * 400):
                futures = []
                for partition in range(PARTITIONS):
                    batch = kafka.create_batch()
                    for _ in range(400):
                        batch.append(key=b"0123456789", value=value, timestamp=None, headers=headers)
                    batch.close()
                    futures.append(await kafka.send_batch(batch, topic, partition=partition))
                await asyncio.gather(*futures)
        return Found(EVENTS / span.seconds, span.each(EVENTS))
    finally:
        await kafka.stop()


async def _viewed(at: Place, pool: asyncpg.Pool) -> Found:
    """Return events a second of one worker that folds the topic into the members view, from its beginning."""
    await pool.execute("DELETE FROM consumer_position")
    await pool.execute(f"TRUNCATE {MEMBERS_VIEW.table.name}")
    wanted = await pool.fetchval(PUBLISHED)
    consumer = consumer_of(ONE_VIEW, at, pool, ONE_VIEW.views_consumer)
    with at.span("live_view") as span:
        async with running(consumer.run):
            await until(pool, f"SELECT coalesce(sum(next_seq - 1), 0) >= {wanted} FROM consumer_position")
    return Found(wanted / span.seconds, span.each(wanted))
