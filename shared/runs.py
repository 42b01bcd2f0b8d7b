"""Long runs that were asked for: one process of all carries them out, one at a time, also after a crash."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import asyncpg

from shared.errors import Conflict
from shared.relay.leadership import leadership

POLL_SECONDS = 0.2

PASSING = (
    OSError,
    Conflict,
    asyncpg.InterfaceError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.PostgresConnectionError,
    asyncpg.TransactionRollbackError,
)
"""Failures of the surroundings."""


def passes(error: Exception) -> bool:
    """Tell whether it is worth trying again: the surroundings failed. Any other failure would come again."""
    return isinstance(error, PASSING) and not isinstance(error, ValueError)


async def one_at_a_time(
    pool: asyncpg.Pool,
    lock: str,
    waiting: Callable[[asyncpg.Pool], Awaitable[Sequence[UUID]]],
    carry_out: Callable[[UUID], Awaitable[None]],
) -> None:
    """Carry out what is waiting, in its order, until cancelled; no other process does so at the same time."""
    async with leadership(pool, lock):
        while True:
            for name in await waiting(pool):
                await carry_out(name)
            await asyncio.sleep(POLL_SECONDS)
