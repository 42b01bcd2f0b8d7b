"""From a commit to Kafka: how long an event takes at 5,000 a second, until a reader of the topic has it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from itertools import count
from uuid import UUID, uuid4

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from bench.figures import Figure, Found, measured
from bench.flow import LOYALTY, NOW, earned
from bench.latency import percentiles
from bench.open_loop import at_rate
from bench.place import Place
from bench.relay_process import relays
from bench.running import running
from shared.relay.send import producer
from shared.runtime.pool import connect
from shared.stack.topics import ensure_topics
from shared.store.contract import PARTITIONS, Append, Context
from shared.store.postgres import PostgresEventStore
from shared.wakeup import Wakeup

RATE = 5000
SECONDS = 8
WARM_UP_SECONDS = 2
SIZE = 16
MEMBERS = 20_000
VALUE = b'{"lot_id":"bench:0-1","points":49,"source":"bench","order_id":"1","net":"49.90","currency":"EUR"}' * 3
HEADERS = [(f"ce_header{number}", b"0123456789abcdef") for number in range(12)]

Arrived = dict[bytes, float]
Send = Callable[[int], Awaitable[bytes]]
"""Makes a number's event durable and returns the header by which its arrival is known."""


async def relay_latency(at: Place) -> list[Figure]:
    """Measure a relay in a process of its own, one event in each transaction; beside it the same through no log."""
    await at.fresh_topics()
    database = await at.database(LOYALTY)
    pool = await connect(database, size=SIZE)
    wakeup = Wakeup(pool)
    store = PostgresEventStore(pool, LOYALTY.publishes)
    numbers = count()

    async def append(_: int) -> bytes:
        number = next(numbers)
        member = UUID(int=number % MEMBERS)
        stream = f"earning-latency-{number}"
        await store.append(Append(stream, 0, str(member), [earned(member, stream)], Context(NOW, NOW)))
        wakeup.signal()
        return stream.encode()

    try:
        async with relays(at, database, 1) as (relay,):
            relay.go()
            return [
                await measured(
                    "relay_latency_p99",
                    "ms",
                    lambda: _latency(at, LOYALTY.topic, append),
                    f"< 25, commit to Kafka, open loop at {RATE:,} events/s",
                    f"a bare producer at {RATE:,} events/s, from its send",
                    lambda: _bare(at),
                )
            ]
    finally:
        await pool.close()


async def _latency(at: Place, topic: str, send: Send, *, since_begun: bool = False) -> Found:
    """Return the percentiles of (arrived - committed), or with `since_begun` of (arrived - begun)."""
    arrived: Arrived = {}
    since: dict[bytes, float] = {}

    async def one(number: int) -> None:
        begun = time.perf_counter()
        name = await send(number)
        since[name] = begun if since_begun else time.perf_counter()

    reading = asyncio.Event()
    async with running(lambda: _read(at, topic, arrived, reading)):
        await reading.wait()
        await at_rate(one, rate=RATE, seconds=WARM_UP_SECONDS)
        await _all(since, arrived)
        since.clear()
        with at.span("relay_latency_p99") as span:
            await at_rate(one, rate=RATE, seconds=SECONDS)
            await _all(since, arrived)
    found = percentiles([max(0.0, arrived[name] - moment) for name, moment in since.items()])
    return Found(found.p99, {**msgspec.structs.asdict(found), **span.each(len(since))})


async def _all(since: dict[bytes, float], arrived: Arrived) -> None:
    async with asyncio.timeout(30):
        while since.keys() - arrived.keys():  # noqa: ASYNC110 - what arrives is set down by the reader
            await asyncio.sleep(0.01)


async def _read(at: Place, topic: str, arrived: Arrived, reading: asyncio.Event) -> None:
    """Note when each record was read that comes after `reading` is set, by the header that names its stream."""
    kafka = AIOKafkaConsumer(bootstrap_servers=at.bootstrap_servers, enable_auto_commit=False)
    await kafka.start()
    try:
        partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        kafka.assign(partitions)
        await kafka.seek_to_end(*partitions)
        for partition in partitions:
            await kafka.position(partition)
        reading.set()
        while True:
            fetched = await kafka.getmany(timeout_ms=500)
            now = time.perf_counter()
            for records in fetched.values():
                arrived.update((dict(record.headers)["ce_stream"], now) for record in records)
    finally:
        await kafka.stop()


async def _bare(at: Place) -> Found:
    topic = f"bench-{uuid4().hex[:8]}"
    await ensure_topics(at.bootstrap_servers, [topic])
    kafka = producer(at.bootstrap_servers)
    await kafka.start()

    async def send(number: int) -> bytes:
        name = str(number).encode() + uuid4().bytes
        headers = [("ce_stream", name), *HEADERS]
        await kafka.send_and_wait(topic, VALUE, key=b"0123456789", headers=headers, partition=number % PARTITIONS)
        return name

    try:
        return await _latency(at, topic, send, since_begun=True)
    finally:
        await kafka.stop()
