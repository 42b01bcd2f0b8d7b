"""What an operator sees of timers: those that come next, those that were set aside and why; and how to try again."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg
from msgspec import Struct

from shared.errors import Missing
from shared.timers import statements as sql


class Timer(Struct, frozen=True):
    """One stream's timer. Set aside, it has a reason, the time of the last attempt, and a count of attempts."""

    stream: str
    due_at: datetime
    attempts: int
    reason: str | None
    failed_at: datetime | None


class TimerCount(Struct, frozen=True):
    """How many timers are due and not fired yet, and how many were set aside."""

    due: int
    aside: int


class Shelf:
    """The timers of one service, from outside."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def aside(self, limit: int = 200) -> Sequence[Timer]:
        """Return the timers that were set aside, the longest first."""
        return [Timer(*row) for row in await self._pool.fetch(sql.LIST_ASIDE, limit)]

    async def next(self, limit: int = 200) -> Sequence[Timer]:
        """Return the timers that will fire, the earliest first."""
        return [Timer(*row) for row in await self._pool.fetch(sql.LIST_NEXT, limit)]

    async def count(self, now: datetime) -> TimerCount:
        """Return how many are due at `now`, and how many were set aside."""
        return TimerCount(*await self._pool.fetchrow(sql.COUNT, now))

    async def retry(self, stream: str | None = None) -> int:
        """Let the timer of `stream`, or all that were set aside, be fired again; return how many.

        Raises Missing where the stream's timer was not set aside.
        """
        status: str = await self._pool.execute(sql.RETRY, stream)
        count = int(status.rpartition(" ")[2])
        if stream is not None and count == 0:
            raise Missing("timer-not-aside", f"No timer of {stream} was set aside: see `rapport timers list`.")
        return count
