"""Detail reads: a long stream now, with a warm and a cold cache, and an account as of a moment."""

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import asyncpg

from bench.figures import Figure, measured
from bench.place import Place
from rapport.services import load
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.events import MemberEnrolled, PointsEarned
from shared.handle import Handler
from shared.snapshotting import EVERY
from shared.store.contract import Append, Context, Moment
from shared.store.postgres import PostgresEventStore
from shared.store.snapshots import PostgresSnapshots
from shared.store.statements import COLUMNS

LOYALTY = load("loyalty")
LONG, SHORTER = 10_000, 1_000
READS = 200
TAIL = f"SELECT {COLUMNS} FROM event e WHERE stream_id = $1 AND version > $2 ORDER BY version"
START = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


async def past(at: Place) -> list[Figure]:
    """Measure the reads of one member's account: every event is an order that earned points, the worst for a fold."""
    async with at.pool(LOYALTY, 4) as pool:
        store = PostgresEventStore(pool, LOYALTY.publishes)
        long, shorter = ACCOUNT.stream(UUID(int=1)), ACCOUNT.stream(UUID(int=2))
        await _fill(store, UUID(int=1), LONG)
        await _fill(store, UUID(int=2), SHORTER)
        await pool.execute("ANALYZE")
        warm = _handler(store, pool)
        await warm.load(ACCOUNT, long)
        assert warm.snapshots
        await warm.snapshots.settled()
        await _grow(store, UUID(int=1), LONG, EVERY - 1)  # as far from the snapshot as a cold cache may find it
        return [await _now(pool, warm, long), await _cold(pool, store, long), await _then(pool, warm, shorter)]


async def _now(pool: asyncpg.Pool, warm: Handler, stream: str) -> Figure:
    return await measured(
        "detail_read_p99",
        "ms",
        lambda: p99(lambda: warm.load(ACCOUNT, stream), READS),
        "< 5, 10,000 events, warm",
        "one round trip for nothing",
        lambda: p99(lambda: pool.fetch("SELECT 1"), READS),
    )


async def _cold(pool: asyncpg.Pool, store: PostgresEventStore, stream: str) -> Figure:
    return await measured(
        "detail_read_cold_p99",
        "ms",
        lambda: p99(lambda: _handler(store, pool).load(ACCOUNT, stream), READS // 4),
        "< 30, 10,000 events, cold",
        "fetching the same 199 rows behind the snapshot, and nothing else",
        lambda: p99(lambda: pool.fetch(TAIL, stream, LONG), READS // 4),
    )


async def _then(pool: asyncpg.Pool, warm: Handler, stream: str) -> Figure:
    moment = Moment(as_of=START + SHORTER * MINUTE)
    return await measured(
        "as_of_p99",
        "ms",
        lambda: p99(lambda: warm.load_at(ACCOUNT, stream, moment), READS),
        "< 20, account of 1,000 events",
        "fetching the same rows, and nothing else",
        lambda: p99(lambda: pool.fetch(TAIL, stream, 0), READS),
    )


def _handler(store: PostgresEventStore, pool: asyncpg.Pool) -> Handler:
    return Handler(store, snapshots=PostgresSnapshots(pool))


async def p99(read: Callable[[], Awaitable[object]], count: int) -> float:
    """Return within how many milliseconds 99 of 100 reads answer, one after another."""
    took = []
    for _ in range(count):
        start = time.perf_counter()
        await read()
        took.append(time.perf_counter() - start)
    return sorted(took)[min(count - 1, count * 99 // 100)] * 1000


async def _fill(store: PostgresEventStore, member: UUID, events: int) -> None:
    context = Context(START, START)
    await store.append(Append(ACCOUNT.stream(member), 0, str(member), [MemberEnrolled(member)], context))
    await _grow(store, member, 1, events - 1)


async def _grow(store: PostgresEventStore, member: UUID, version: int, events: int) -> None:
    stream = ACCOUNT.stream(member)
    for number in range(version, version + events, 500):
        last = min(number + 500, version + events)
        appends = [
            Append(stream, place, str(member), [_earned(member, place)], Context(START + place * MINUTE, START))
            for place in range(number, last)
        ]
        await store.append(*appends)


def _earned(member: UUID, number: int) -> PointsEarned:
    rule = (Decimal("49.90"), "EUR", "one-per-whole-unit", 1)
    return PointsEarned(member, f"bench:{number}", "bench", str(number), 49, *rule, START, 0, 49 * number)
