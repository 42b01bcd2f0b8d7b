"""The append path beside plain inserts of the same rows through the same driver."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from uuid import UUID

import asyncpg

from bench.figures import Figure, Found, measured
from bench.place import CONTACT, Place
from services.contact.domain.purchase import PurchaseRecorded
from shared.events import encode
from shared.store.contract import Append, Context
from shared.store.postgres import PostgresEventStore

CLIENTS = 32
EVENTS = 8000
NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
CONTEXT = Context(NOW, NOW)
EVENT = PurchaseRecorded(UUID(int=7), "bench", "1", Decimal("49.90"), "EUR", 2, "web")

PLAIN = """
INSERT INTO plain (position, stream_id, version, type, schema_version, partition, subject, data, meta,
                   occurred_at, recorded_at)
VALUES (nextval('plain_position'), $1, 1, $2, 1, 1, $3, $4, '{}', $5, $6)
"""


async def each(
    at: Place,
    name: str,
    work: Callable[[int], Awaitable[object]],
    calls: int,
    numbers: "count[int]",
    clients: int,
    *,
    events: int = 1,
) -> Found:
    """Return events a second when `clients` each work on the next number until all are done, `events` in a call.

    `name` is the figure's, as for `Place.span`.
    """
    left = iter(range(calls))

    async def client() -> None:
        for _ in left:
            await work(next(numbers))

    with at.span(name) as span:
        await asyncio.gather(*(client() for _ in range(clients)))
    return Found(calls * events / span.seconds, span.each(calls * events))


async def append(at: Place) -> list[Figure]:
    """Measure single appends and batches."""
    async with at.pool(CONTACT, CLIENTS) as pool:
        await pool.execute("CREATE TABLE plain (LIKE event INCLUDING ALL)")
        await pool.execute("CREATE SEQUENCE plain_position")
        numbers = count()
        store = PostgresEventStore(pool, CONTACT.publishes)

        async def one(number: int) -> None:
            await store.append(Append(f"purchase-bench-{number}", 0, str(number), [EVENT], CONTEXT))

        async def plain(number: int) -> None:
            data = encode(EVENT).decode()
            await pool.execute(PLAIN, f"purchase-bench-{number}", "purchase-recorded", str(number), data, NOW, NOW)

        return [
            await measured(
                "append",
                "events/s",
                lambda: each(at, "append", one, EVENTS, numbers, CLIENTS),
                ">= 0.80 of the plain insert",
                "plain one-row inserts by the same driver",
                lambda: each(at, "", plain, EVENTS, numbers, CLIENTS),
            ),
            await measured(
                "append_batch",
                "events/s",
                lambda: batches(at, store, numbers),
                ">= 60,000",
                "the same rows by COPY, which checks nothing",
                lambda: copies(at, pool, numbers),
            ),
        ]


BATCH = 10


async def batches(at: Place, store: PostgresEventStore, numbers: "count[int]") -> Found:
    """Return events a second in appends of ten events on one stream, 32 at a time."""

    async def ten(number: int) -> None:
        await store.append(Append(f"batch-{number}", 0, str(number), [EVENT] * BATCH, CONTEXT))

    return await each(at, "append_batch", ten, EVENTS // 4, numbers, CLIENTS, events=BATCH)


async def copies(at: Place, pool: asyncpg.Pool, numbers: "count[int]") -> Found:
    """Return rows a second by COPY of ten rows, 32 at a time."""
    columns = ["position", "stream_id", "version", "type", "schema_version", "partition", "subject", "data", "meta",
               "occurred_at", "recorded_at"]  # fmt: skip
    data = encode(EVENT).decode()

    async def ten(number: int) -> None:
        rows = [
            (
                10**12 + number * BATCH + place,
                f"copy-{number}",
                place,
                "purchase-recorded",
                1,
                1,
                "s",
                data,
                "{}",
                NOW,
                NOW,
            )
            for place in range(BATCH)
        ]
        async with pool.acquire() as connection:
            await connection.copy_records_to_table("plain", records=rows, columns=columns)

    return await each(at, "", ten, EVENTS // 4, numbers, CLIENTS, events=BATCH)
