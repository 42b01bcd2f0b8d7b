"""Beside the Python library `eventsourcing` on the same PostgreSQL: appends of 16 writers, and replay."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import asyncpg
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from bench.append import CONTEXT, EVENT, each
from bench.figures import Figure, measured
from bench.place import CONTACT, Place
from services.contact.domain.interaction import InteractionRecorded
from shared.decider import Decider
from shared.handle import Handler
from shared.store.contract import Append
from shared.store.postgres import PostgresEventStore

WRITERS = 16
EVENTS = 1600
HISTORY = 200
READS = 60


class Counter(Aggregate):
    """The peer's aggregate: the same fields in each event."""

    def __init__(self) -> None:
        self.total = 0

    @event("Happened")
    def happen(self, source: str, order: str, amount: str, currency: str, items: int, channel: str) -> None:
        """Count."""
        self.total += items


def _total(total: int, fact: Any) -> int:
    return total + 1


COUNTED: Decider[Any, Any, int] = Decider("counted", 0, lambda *_: (), _total)


async def peer(at: Place) -> list[Figure]:
    """Measure both."""
    async with at.pool(CONTACT, WRITERS) as pool:
        url = await at.database(CONTACT)
        application = _application(url)
        try:
            return [await _append(at, pool, application), await _replay(pool, application)]
        finally:
            application.close()


def _application(url: str) -> Application[UUID]:
    parts = urlsplit(url)
    return Application(
        env={
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": parts.path.removeprefix("/"),
            "POSTGRES_HOST": parse_qs(parts.query)["host"][0],
            "POSTGRES_PORT": "5432",
            "POSTGRES_USER": "postgres",
            "POSTGRES_PASSWORD": "unused",
            "POSTGRES_POOL_SIZE": str(WRITERS),
        }
    )


async def _append(at: Place, pool: asyncpg.Pool, application: Application[UUID]) -> Figure:
    store = PostgresEventStore(pool, CONTACT.publishes)
    numbers = count()

    async def one(number: int) -> None:
        await store.append(Append(f"purchase-peer-{number}", 0, str(number), [EVENT], CONTEXT))

    async def theirs() -> float:
        return await asyncio.to_thread(_saved, application)

    return await measured(
        "eventsourcing_append",
        "events/s",
        lambda: each(at, "eventsourcing_append", one, EVENTS * 5, numbers, WRITERS),
        ">= 10x",
        "the library eventsourcing, 16 writers",
        theirs,
    )


def _saved(application: Application[UUID]) -> float:
    start = time.perf_counter()
    with ThreadPoolExecutor(WRITERS) as writers:
        list(writers.map(lambda _: application.save(Counter()), range(EVENTS)))
    return EVENTS / (time.perf_counter() - start)


async def _replay(pool: asyncpg.Pool, application: Application[UUID]) -> Figure:
    store = PostgresEventStore(pool, CONTACT.publishes)
    fact = InteractionRecorded(UUID(int=7), "bench", "1", "call", "inbound", "topic", "0123456789", 5)
    stream = f"counted-{uuid4()}"
    await store.append(Append(stream, 0, "one", [fact] * HISTORY, CONTEXT))
    counter = Counter()
    for _ in range(HISTORY - 1):
        counter.happen("bench", "1", "49.90", "EUR", 2, "web")
    await asyncio.to_thread(application.save, counter)

    async def ours() -> float:
        start = time.perf_counter()
        for _ in range(READS):
            assert (await Handler(store).load(COUNTED, stream)).version == HISTORY
        return READS * HISTORY / (time.perf_counter() - start)

    async def theirs() -> float:
        def read() -> float:
            start = time.perf_counter()
            for _ in range(READS):
                application.repository.get(counter.id)
            return READS * HISTORY / (time.perf_counter() - start)

        return await asyncio.to_thread(read)

    return await measured(
        "eventsourcing_replay", "events/s", ours, ">= 10x", "the library eventsourcing, 200 events a stream", theirs
    )
