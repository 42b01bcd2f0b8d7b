"""Listening to a channel of PostgreSQL on a connection whose silence is noticed."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import asyncpg

BEAT_SECONDS = 2.0
SILENCE_SECONDS = 6.0
"""A connection that doesn't answer for so long is given up: one may be dead without any end having heard of it."""


async def listen(pool: asyncpg.Pool, channel: str, heard: Callable[..., None], began: Callable[[], None]) -> None:
    """Give every notification on `channel` to `heard`, until cancelled; call `began` once none is missed any more.

    Raises ConnectionError when the connection is lost, or has fallen silent.
    """
    lost = asyncio.Event()
    async with pool.acquire() as connection:
        connection.add_termination_listener(lambda _: lost.set())
        await connection.add_listener(channel, heard)
        began()
        try:
            await _until_silent(connection, lost)
        except asyncio.CancelledError:
            with suppress(asyncpg.InterfaceError, asyncpg.PostgresError, OSError):
                await connection.remove_listener(channel, heard)
            raise
    raise ConnectionError(f"the connection that listens to {channel} was lost")


async def _until_silent(connection: asyncpg.Connection, lost: asyncio.Event) -> None:
    """Return when the connection is lost, or doesn't answer; then it is closed."""
    while not lost.is_set():
        with suppress(TimeoutError):
            async with asyncio.timeout(BEAT_SECONDS):
                await lost.wait()
                return
        try:
            await must_answer(connection)
        except (asyncpg.InterfaceError, asyncpg.PostgresError, OSError):
            return


async def must_answer(connection: asyncpg.Connection) -> None:
    """Return when the connection has answered; close it and raise TimeoutError when it doesn't."""
    try:
        await connection.execute("SELECT 1", timeout=SILENCE_SECONDS)
    except TimeoutError:
        connection.terminate()
        raise
