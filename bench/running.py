"""Parts of a worker that run beside a measurement, and how it waits for what they do."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import uuid4

import asyncpg

from bench.place import Place
from shared.clock import system_clock
from shared.consumers.consumer import Consumer
from shared.consumers.wiring import wire_up
from shared.service import Service
from shared.store.postgres import PostgresEventStore


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
    """Run a part of a worker beside what is done inside. ExceptionGroup: it failed, and ends what is done too."""

    async def run() -> None:
        await part()

    async with asyncio.TaskGroup() as group:
        task = group.create_task(run())
        yield
        task.cancel()


async def until(pool: asyncpg.Pool, query: str) -> None:
    """Wait until a query answers yes."""
    # What is waited for happens in the database, so there is no event to wait for.
    while not await pool.fetchval(query):  # noqa: ASYNC110
        await asyncio.sleep(0.02)
