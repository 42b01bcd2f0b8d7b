"""Housekeeping: answers whose idempotency keys have expired are removed, a few at a time."""

import asyncio

import asyncpg

from shared.clock import Clock

PAUSE_SECONDS = 600.0
CHUNK = 5000
REMOVE = """
DELETE FROM idempotency WHERE key IN (SELECT key FROM idempotency WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)
"""


async def remove_expired(pool: asyncpg.Pool, clock: Clock) -> int:
    """Remove every answer that has expired by now, in short transactions; return how many."""
    removed = 0
    while True:
        chunk = int((await pool.execute(REMOVE, clock(), CHUNK)).removeprefix("DELETE "))
        removed += chunk
        if chunk < CHUNK:
            return removed


async def keep_house(pool: asyncpg.Pool, clock: Clock) -> None:
    """Remove what has expired, from time to time, until cancelled. Any number of workers may do it."""
    while True:
        await remove_expired(pool, clock)
        await asyncio.sleep(PAUSE_SECONDS)
