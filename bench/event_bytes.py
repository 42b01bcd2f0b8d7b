"""What one event takes: rows, indexes, write-ahead log, outbox, publication log, Kafka, and the view's row."""

from collections.abc import Awaitable
from itertools import count
from pathlib import Path
from uuid import UUID

import asyncpg

from bench.append import CLIENTS, each
from bench.figures import Figure, Found, figure
from bench.flow import LOYALTY, NOW, PUBLISHED, earned
from bench.place import Place
from bench.running import consumer_of, running, until
from shared.events import encode
from shared.relay.relay import Relay
from shared.store.contract import PARTITIONS, Append, Context
from shared.store.postgres import PostgresEventStore
from shared.wakeup import Wakeup

EVENTS = 24_000
MEMBERS = 6_000
TABLE = "SELECT pg_table_size($1::regclass), pg_indexes_size($1::regclass)"
WRITTEN = "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn"
VIEW = "members_v2"


async def event_bytes(at: Place) -> list[Figure]:
    """Measure once: sizes don't spread. Each event is a transaction, and starts a stream of its own, as a fact does."""
    await at.fresh_topics()
    async with at.pool(LOYALTY, CLIENTS) as pool:
        await pool.execute("CHECKPOINT")
        wal = {"append": await _written(pool, _append(at, pool))}
        outbox = sum(await pool.fetchrow(TABLE, "outbox")) / EVENTS
        wal["relay"] = await _written(pool, _relay(at, pool))
        wal["view"] = await _written(pool, _view(at, pool))
        details = await _at_rest(at, pool)
        rest = sum(value for name, value in details.items() if name != f"{VIEW}_a_row")
        details |= {f"wal_{name}": round(value, 1) for name, value in wal.items()} | {"outbox_while": round(outbox, 1)}
        json = len(encode(earned(UUID(int=7), "latency-12345")))
        return [
            figure(
                "event_bytes",
                "bytes at rest",
                [Found(rest, details)],
                "an earning: PostgreSQL and one copy in Kafka, without views",
                "its JSON alone",
                [Found(json, {})],
            )
        ]


async def _written(pool: asyncpg.Pool, work: Awaitable[None]) -> float:
    """Return the bytes of write-ahead log an event that the work makes."""
    before = await pool.fetchval(WRITTEN)
    await work
    return float(await pool.fetchval(WRITTEN) - before) / EVENTS


async def _append(at: Place, pool: asyncpg.Pool) -> None:
    store = PostgresEventStore(pool, LOYALTY.publishes)

    async def one(number: int) -> None:
        member = UUID(int=number % MEMBERS * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128)
        stream = f"earning-{UUID(int=number)}"
        await store.append(Append(stream, 0, str(member), [earned(member, str(number))], Context(NOW, NOW)))

    await each(at, "", one, EVENTS, count(), CLIENTS)


async def _relay(at: Place, pool: asyncpg.Pool) -> None:
    relay = Relay(pool, LOYALTY.name, LOYALTY.topic, range(PARTITIONS), at.bootstrap_servers, Wakeup(pool))
    async with running(relay.run):
        await until(pool, "SELECT NOT EXISTS (SELECT FROM outbox)")
        await until(pool, "SELECT bool_and(acked_seq = next_seq - 1) FROM relay_partition")


async def _view(at: Place, pool: asyncpg.Pool) -> None:
    wanted = await pool.fetchval(PUBLISHED)
    async with running(consumer_of(LOYALTY, at, pool, LOYALTY.views_consumer).run):
        await until(pool, f"SELECT coalesce(sum(next_seq - 1), 0) >= {wanted} FROM consumer_position")


async def _at_rest(at: Place, pool: asyncpg.Pool) -> dict[str, float]:
    await pool.execute("VACUUM")
    found: dict[str, float] = {}
    for table in ("event", "stream", "publication"):
        rows, indexes = await pool.fetchrow(TABLE, table)
        found |= {f"{table}_rows": rows / EVENTS, f"{table}_indexes": indexes / EVENTS}
    found["kafka_one_copy"] = _kafka_bytes(at.folder) / EVENTS
    found[f"{VIEW}_a_row"] = sum(await pool.fetchrow(TABLE, VIEW)) / MEMBERS
    return {name: round(value, 1) for name, value in found.items()}


def _kafka_bytes(folder: Path) -> int:
    """Return the bytes of the topic's segments, without those of a deleted one of its name that still lie there."""
    segments = (
        segment
        for partition in range(PARTITIONS)
        for segment in (folder / "kafka").rglob(f"{LOYALTY.topic}-{partition}/*.log")
    )
    return sum(segment.stat().st_size for segment in segments)
