"""Who leads: a session advisory lock says who may try; the epochs in the tables say who may write."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import asyncpg

from shared.listening import must_answer

RETRY_SECONDS = 0.5
"""How often a waiting process asks again; a crashed leader's lock is free as soon as its connection is gone."""

BEAT_SECONDS = 2.0
SILENCE_SECONDS = 8
"""A leader that says nothing for so long (it was frozen, or its network is gone) loses its session and its lock."""


@asynccontextmanager
async def leadership(pool: asyncpg.Pool, name: str) -> AsyncIterator[None]:
    """Wait until this process holds the lock `name`, hold it inside, and give it back after.

    The lock keeps two processes from getting in each other's way; it protects
    nothing. A holder that was frozen may wake up beside a new one, and only the
    epochs keep it from writing. What runs inside is cancelled when the lock is lost.
    """
    async with pool.acquire() as connection:
        # What is waited for happens in another process, so there is no event to wait for.
        while not await connection.fetchval("SELECT pg_try_advisory_lock(hashtext($1))", name):  # noqa: ASYNC110
            await asyncio.sleep(RETRY_SECONDS)
        await connection.execute(f"SET idle_session_timeout = '{SILENCE_SECONDS}s'")
        try:
            async with asyncio.TaskGroup() as group:
                beat = group.create_task(_beat(connection))
                yield
                beat.cancel()
        finally:
            # A session that is gone has given the lock back by itself.
            with suppress(OSError, asyncpg.InterfaceError, asyncpg.PostgresError):
                await connection.execute("RESET idle_session_timeout")
                await connection.execute("SELECT pg_advisory_unlock(hashtext($1))", name)


async def _beat(connection: asyncpg.Connection) -> None:
    """Keep the session alive; raise when it is gone, or when nothing is heard of it any more."""
    while True:
        await asyncio.sleep(BEAT_SECONDS)
        await must_answer(connection)
