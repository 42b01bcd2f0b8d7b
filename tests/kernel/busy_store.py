"""A store of which an append is always under way, so that every other one shares its transaction."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import asyncpg

from shared.errors import Conflict
from shared.store.postgres import PostgresEventStore
from shared.testing.sample import NOW, PUBLISHED, raised

HELD = "held"


@asynccontextmanager
async def busy_store(pool: asyncpg.Pool) -> AsyncIterator[PostgresEventStore]:
    """Give a store whose append to HELD waits, until the end, for a transaction that is making the same stream."""
    store = PostgresEventStore(pool, PUBLISHED, clock=lambda: NOW)
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("INSERT INTO stream (stream_id, version, partition) VALUES ($1, 1, 0)", HELD)
        waiting = asyncio.create_task(store.append(raised(HELD, 1)))
        await asyncio.sleep(0)
        try:
            yield store
            assert not waiting.done(), "the append that was to be under way has ended"
        finally:
            await transaction.rollback()
            with suppress(Conflict):  # a test may have appended there as well
                await waiting
