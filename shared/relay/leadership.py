"""Who leads: a session advisory lock says who may try; the epochs in the tables say who may write."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

RETRY_SECONDS = 0.5
"""How often a waiting process asks again; a crashed leader's lock is free as soon as its connection is gone."""


@asynccontextmanager
async def leadership(pool: asyncpg.Pool, name: str) -> AsyncIterator[None]:
    """Wait until this process holds the lock `name`, hold it inside, and give it back after.

    The lock keeps two processes from getting in each other's way; it protects
    nothing. A holder that was frozen may wake up beside a new one, and only the
    epochs keep it from writing.
    """
    async with pool.acquire() as connection:
        # What is waited for happens in another process, so there is no event to wait for.
        while not await connection.fetchval("SELECT pg_try_advisory_lock(hashtext($1))", name):  # noqa: ASYNC110
            await asyncio.sleep(RETRY_SECONDS)
        try:
            yield
        finally:
            if not connection.is_closed():
                await connection.execute("SELECT pg_advisory_unlock(hashtext($1))", name)
