"""A rebuild of the members view: what a core of the rebuilding process folds, and how long the swap holds its lock."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator

import asyncpg

from bench.figures import Figure, Found, measured
from bench.flow import EVENTS, LOYALTY, fill
from bench.place import Place
from bench.running import consumer_of, running, until
from shared.relay.relay import Relay
from shared.relay.sequence import Sequencer
from shared.runtime.pool import connect
from shared.store.contract import PARTITIONS
from shared.supervise import keep_running
from shared.views.fold_processes import Where
from shared.views.rebuild import rebuild as make_anew
from shared.wakeup import Wakeup

FILLED = 1
READERS = 4
PAUSE_SECONDS, READ_SECONDS = 0.5, 0.01
"""A load that leaves the machine something to rebuild with: 2,000 events and some hundred reads a second."""

RENAMES = """
BEGIN;
SET LOCAL synchronous_commit = off;
LOCK TABLE unused IN ACCESS EXCLUSIVE MODE;
ALTER TABLE unused RENAME TO unused_before;
ALTER TABLE unused_before RENAME TO unused;
COMMIT
"""
TAKEN = """
INSERT INTO consumer_position (consumer, topic, partition, next_seq)
SELECT $1, $2, partition, next_seq FROM relay_partition
"""
ROWS = """
SELECT e.stream_id, e.version, e.position, e.subject, e.type, e.schema_version, e.data::text, e.occurred_at,
       e.recorded_at, e.meta::text
FROM event e WHERE partition = $1 ORDER BY position
"""


async def rebuild(at: Place) -> list[Figure]:
    """Measure the whole rebuild by the processor time of its process, then its swap under load."""
    return [await _speed(at), await _lock(at)]


async def _speed(at: Place) -> Figure:
    url = await at.database(LOYALTY)
    pool = await connect(url, size=8)
    try:
        for batch in range(FILLED):
            await fill(pool, batch)
        await _number_all(pool)
        return await measured(
            "rebuild",
            "events/s a core",
            lambda: _by_core(at, "rebuild", lambda: make_anew(LOYALTY, "members", Where(url, at.bootstrap_servers))),
            ">= 200,000",
            "reading the same rows by asyncpg, and nothing else",
            lambda: _by_core(at, "", lambda: _read(pool)),
        )
    finally:
        await pool.close()


async def _number_all(pool: asyncpg.Pool) -> None:
    """Give all events their numbers, as the relay does, and let the view's consumer stand behind them."""
    sequencer = Sequencer(pool, range(PARTITIONS))
    await sequencer.lead()
    while await sequencer.next_batch(4000):
        continue
    await pool.execute(TAKEN, LOYALTY.views_consumer, LOYALTY.topic)
    await pool.execute("VACUUM ANALYZE")


async def _by_core(at: Place, name: str, work: Callable[[], Awaitable[object]]) -> Found:
    """Return events for each second of processor time that this process spends."""
    events = FILLED * EVENTS
    with at.span(name) as span:
        await work()
    return Found(events / span.spent["program"], span.each(events))


async def _read(pool: asyncpg.Pool) -> None:
    for partition in range(PARTITIONS):
        await pool.fetch(ROWS, partition)


async def _lock(at: Place) -> Figure:
    """Measure, by the server's clock, from the lock on the live table to the commit, while others read and write."""
    await at.fresh_topics()
    url = await at.database(LOYALTY)
    pool = await connect(url, size=16)
    try:
        await fill(pool, 0)
        relay = Relay(pool, LOYALTY.name, LOYALTY.topic, range(PARTITIONS), at.bootstrap_servers, Wakeup(pool))
        consumer = consumer_of(LOYALTY, at, pool, LOYALTY.views_consumer)
        batches = iter(range(1, 1000))
        async with running(relay.run), running(lambda: keep_running("consumer", consumer.run)):
            await until(pool, "SELECT count(*) > 0 FROM members_v2")
            async with running(lambda: _writing(pool, batches)), running(lambda: _reading(pool)):
                return await measured(
                    "rebuild_swap_lock",
                    "ms",
                    lambda: _held(at, url),
                    "< 5",
                    "two bare renames of an unused table in one transaction, with their round trip",
                    lambda: _renamed(pool),
                )
    finally:
        await pool.close()


async def _held(at: Place, url: str) -> float:
    return (await make_anew(LOYALTY, "members", Where(url, at.bootstrap_servers))).held_ms


async def _renamed(pool: asyncpg.Pool) -> float:
    async with pool.acquire() as connection:
        await connection.execute("CREATE TABLE IF NOT EXISTS unused (n integer)")
        start = time.perf_counter()
        await connection.execute(RENAMES)
        return (time.perf_counter() - start) * 1000


async def _writing(pool: asyncpg.Pool, batches: Iterator[int]) -> None:
    for batch in batches:
        await fill(pool, batch, 1000)
        await asyncio.sleep(PAUSE_SECONDS)


async def _reading(pool: asyncpg.Pool) -> None:
    async def reader() -> None:
        while True:
            await pool.fetch("SELECT * FROM members_v2 ORDER BY balance DESC, customer_id DESC LIMIT 50")
            await asyncio.sleep(READ_SECONDS)

    await asyncio.gather(*(reader() for _ in range(READERS)))
