"""Wake-ups: after a commit, whoever waits for new events learns of it, in this process and in the others."""

import asyncio
import contextlib
from typing import Any

import asyncpg

from shared.listening import listen

CHANNEL = "rapport_appended"

QUIET_SECONDS = 0.005
"""At most one notification leaves in this time: a NOTIFY takes a lock that all commits of a cluster share."""


class Wakeup:
    """Signals of new events. It is only a hint: whoever waits must also look from time to time."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._event = asyncio.Event()
        self._others: list[asyncio.Event] = []
        self._sending: asyncio.Task[None] | None = None

    def signal(self) -> None:
        """Tell that something was committed. Returns at once, and never fails."""
        self._heard()
        if self._sending is None or self._sending.done():
            self._sending = asyncio.get_running_loop().create_task(self._notify())

    async def _notify(self) -> None:
        await asyncio.sleep(QUIET_SECONDS)
        with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await self._pool.execute(f"NOTIFY {CHANNEL}")

    async def wait(self, timeout: float) -> None:  # noqa: ASYNC109 - a wake-up that never comes is the normal case
        """Return at the next signal, or after `timeout` seconds. For one waiter alone: others take an `ear`."""
        await _next(self._event, timeout)

    def ear(self) -> "Ear":
        """Return a waiter of its own, which misses no signal from now on, whoever else waits."""
        event = asyncio.Event()
        self._others.append(event)
        return Ear(event)

    async def listen(self) -> None:
        """Pass on what other processes signal, until cancelled; raise ConnectionError when the connection is lost.

        It begins with a signal: what was told while nobody listened is not waited for.
        """
        await listen(self._pool, CHANNEL, self._heard, began=self._heard)

    def _heard(self, *_: Any) -> None:
        for event in (self._event, *self._others):
            event.set()


class Ear:
    """Hears the signals of one `Wakeup`, also those that come while it doesn't wait."""

    def __init__(self, event: asyncio.Event) -> None:
        self._event = event

    async def wait(self, timeout: float) -> None:  # noqa: ASYNC109 - as above
        """Return at the next signal since the last wait, or after `timeout` seconds."""
        await _next(self._event, timeout)


async def _next(event: asyncio.Event, timeout: float) -> None:  # noqa: ASYNC109 - as above
    # Not wait_for: where the event and a cancellation come together, Python 3.11's loses the cancellation.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(timeout):
            await event.wait()
    event.clear()
