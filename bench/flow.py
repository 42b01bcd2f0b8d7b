"""What flows: the relay, a live view, touchpoints; on the real Kafka and PostgreSQL."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID, uuid4

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from bench.figures import Figure, measured
from bench.place import CONTACT, Place
from rapport.demo import log
from rapport.demo.publish import TOPIC, publish
from rapport.services import load, topics
from services.loyalty.domain.events import PointsEarned
from shared.clock import system_clock
from shared.consumers.consumer import Consumer
from shared.consumers.wiring import wire_up
from shared.relay.relay import Relay
from shared.relay.send import producer
from shared.service import Service
from shared.stack.topics import ensure_topics
from shared.store.contract import PARTITIONS, Append, Context
from shared.store.postgres import PostgresEventStore
from shared.wakeup import Wakeup

LOYALTY = load("loyalty")
EVENTS = 100_000
MEMBERS = 20_000
NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)


async def flow(at: Place) -> list[Figure]:
    """Measure the relay beside a bare producer, then a live view of what it sent, then touchpoints."""
    await ensure_topics(at.bootstrap_servers, topics())
    async with at.pool(LOYALTY, 8) as pool:
        batch = 0

        async def relay() -> float:
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
        view = await measured("live_view", "events/s", lambda: _viewed(at, pool), ">= 50,000")
    return [relayed, view, await measured("touchpoints", "touchpoints/s", lambda: _touchpoints(at), ">= 20,000")]


async def fill(pool: asyncpg.Pool, batch: int, events: int = EVENTS) -> None:
    """Append EVENTS earnings of MEMBERS members, to streams of their own for each batch."""
    store = PostgresEventStore(pool, LOYALTY.publishes)
    context = Context(NOW, NOW, causation="purchase-bench-1@1")
    for start in range(0, events, 1000):
        appends = []
        for number in range(start, start + 1000):
            member = UUID(int=number % MEMBERS)
            event = PointsEarned(
                member, f"bench:{batch}-{number}", "bench", str(number), 49, *_RULE, NOW, 0, 49 * (batch + 1)
            )
            appends.append(Append(f"earning-{batch}-{number}", 0, str(member), [event], context))
        await store.append(*appends)


_RULE = (Decimal("49.90"), "EUR", "one-per-whole-unit", 1)


async def _relayed(at: Place, pool: asyncpg.Pool) -> float:
    relay = Relay(pool, "loyalty", LOYALTY.topic, range(PARTITIONS), at.bootstrap_servers, Wakeup(pool))
    start = time.perf_counter()
    async with running(relay.run):
        await until(pool, "SELECT NOT EXISTS (SELECT FROM outbox)")
        await until(pool, "SELECT bool_and(acked_seq = next_seq - 1) FROM relay_partition")
        return EVENTS / (time.perf_counter() - start)


async def _bare(at: Place) -> float:
    """Return events a second of a producer that only sends: the limit of what a relay could reach."""
    value = b'{"lot_id":"bench:0-1","points":49,"source":"bench","order_id":"1","net":"49.90","currency":"EUR"}' * 3
    headers = [(f"ce_header{number}", b"0123456789abcdef") for number in range(13)]
    topic = f"bench-{uuid4().hex[:8]}"
    await ensure_topics(at.bootstrap_servers, [topic])
    kafka: AIOKafkaProducer = producer(at.bootstrap_servers)
    await kafka.start()
    start = time.perf_counter()
    try:
        for _ in range(0, EVENTS, 12 * 400):
            futures = []
            for partition in range(PARTITIONS):
                batch = kafka.create_batch()
                for _ in range(400):
                    batch.append(key=b"0123456789", value=value, timestamp=None, headers=headers)
                batch.close()
                futures.append(await kafka.send_batch(batch, topic, partition=partition))
            await asyncio.gather(*futures)
        return EVENTS / (time.perf_counter() - start)
    finally:
        await kafka.stop()


async def _viewed(at: Place, pool: asyncpg.Pool) -> float:
    """Return events a second of one worker that folds the topic into the members view, from its beginning."""
    await pool.execute("DELETE FROM consumer_position")
    await pool.execute("TRUNCATE members_v2")
    wanted = await pool.fetchval("SELECT sum(next_seq - 1)::bigint FROM relay_partition")
    consumer = consumer_of(LOYALTY, at, pool, LOYALTY.views_consumer)
    start = time.perf_counter()
    async with running(consumer.run):
        await until(pool, f"SELECT coalesce(sum(next_seq - 1), 0) >= {wanted} FROM consumer_position")
        return float(wanted / (time.perf_counter() - start))


async def _touchpoints(at: Place) -> float:
    """Return touchpoints a second of one worker, from Kafka to appended events: the CDNOW log."""
    messages = list(log.messages(log.purchases()))
    async with at.pool(CONTACT, 8) as pool:
        await _begin_at_the_end(at, pool)
        await publish(at.bootstrap_servers, messages, lambda _: None)
        consumer = consumer_of(CONTACT, at, pool, "touchpoints")
        start = time.perf_counter()
        async with running(consumer.run):
            wanted = len(messages) + 2 * 23_570  # each fact, and for each customer a registration and a claim
            await until(pool, f"SELECT last_value >= {wanted} FROM event_position")
            await until(pool, f"SELECT count(*) >= {wanted} FROM event")
            return len(messages) / (time.perf_counter() - start)


async def _begin_at_the_end(at: Place, pool: asyncpg.Pool) -> None:
    """Let the consumer start behind what earlier repeats published."""
    kafka = AIOKafkaConsumer(bootstrap_servers=at.bootstrap_servers)
    await kafka.start()
    try:
        ends = await kafka.end_offsets([TopicPartition(TOPIC, partition) for partition in range(PARTITIONS)])
    finally:
        await kafka.stop()
    place = "INSERT INTO consumer_position (consumer, topic, partition, next_offset) VALUES ('touchpoints', $1, $2, $3)"
    await pool.executemany(place, [(TOPIC, item.partition, end) for item, end in ends.items()])


def consumer_of(service: Service, at: Place, pool: asyncpg.Pool, name: str) -> Consumer:
    """Return one of a service's consumers, in a group of its own."""
    store = PostgresEventStore(pool, service.publishes)
    wiring = next(item for item in wire_up(service, at.settings, store, system_clock) if item.name == name)
    return Consumer(
        f"bench-{uuid4().hex[:8]}",
        name,
        pool,
        wiring.handlers,
        wiring.sources,
        at.bootstrap_servers,
        system_clock,
        lambda: None,
    )


@asynccontextmanager
async def running(part: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Run a part of a worker beside what is done inside."""

    async def run() -> None:
        await part()

    task = asyncio.create_task(run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(pool: asyncpg.Pool, query: str) -> None:
    """Wait until a query answers yes."""
    # What is waited for happens in the database, so there is no event to wait for.
    while not await pool.fetchval(query):  # noqa: ASYNC110
        await asyncio.sleep(0.02)
