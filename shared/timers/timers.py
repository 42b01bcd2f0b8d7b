"""The timers of one service: fired when they are due, by any number of workers."""

import asyncio
from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

import asyncpg

from shared.clock import Clock
from shared.decider import AnyDecider
from shared.store.postgres import PostgresEventStore
from shared.telemetry.timers import ASIDE, DUE, LATE_SECONDS
from shared.timers import statements as sql
from shared.timers.derive import derive_new
from shared.timers.firing import BATCH, Firing, timed
from shared.wakeup import Wakeup

POLL_SECONDS = 1.0
"""The longest time between two looks: a wake-up that was lost makes a timer late by no more."""

PAUSE_SECONDS = 0.05
"""The shortest time between two looks: every append of the service wakes this part up."""

COUNT_SECONDS = 5.0
"""How often waiting timers are counted for the metrics."""


class MovableClock(Protocol):
    """A clock that stands still until it is moved."""

    def __call__(self) -> datetime:
        """Return the moment at which it stands."""
        ...

    def move_to(self, moment: datetime) -> None:
        """Move it forward."""
        ...


class Timers:
    """Looks for due timers and fires them, until cancelled."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        store: PostgresEventStore,
        deciders: Iterable[AnyDecider],
        clock: Clock,
        wakeup: Wakeup,
    ) -> None:
        self._pool = pool
        self._store = store
        self._deciders = timed(deciders)
        self._firing = Firing(pool, store, self._deciders)
        self._clock = clock
        self._wakeup = wakeup
        self._ear = wakeup.ear()
        self._counted_at = 0.0

    @property
    def any(self) -> bool:
        """Whether the service has timers at all."""
        return bool(self._deciders)

    async def next_due(self) -> datetime | None:
        """Return when the earliest timer is due that wasn't set aside."""
        due_at: datetime | None = await self._pool.fetchval(sql.NEXT)
        return due_at

    async def fire(self, limit: int = BATCH) -> int:
        """Fire one batch of the timers that are due now, and return how many were taken on."""
        taken = await self._firing.fire(self._clock(), limit)
        if taken:
            self._wakeup.signal()
        return taken

    async def run(self) -> None:
        """Fire whatever becomes due, until cancelled or an outage; the caller then runs it again.

        A timer is fired at most a pause after it is due, also one that an
        append has just set, and at most a poll after where that wake-up was lost.
        """
        await derive_new(self._pool, self._store, self._deciders.values())
        while True:
            due_at, now = await self.next_due(), self._clock()
            late = (now - due_at).total_seconds() if due_at else -POLL_SECONDS
            LATE_SECONDS.set(max(0.0, late))
            if late >= 0 and await self.fire():
                continue
            await self._count(now)
            await asyncio.sleep(PAUSE_SECONDS)
            await self._ear.wait(min(POLL_SECONDS, max(0.0, -late)))

    async def run_until(self, clock: MovableClock, end: datetime) -> None:
        """Live from now to `end` at once: step to each moment at which a timer is due, and fire what is due then."""
        while (due_at := await self.next_due()) is not None and due_at <= end:
            clock.move_to(max(due_at, clock()))
            if not await self.fire():
                await asyncio.sleep(PAUSE_SECONDS)
        clock.move_to(max(end, clock()))

    async def _count(self, now: datetime) -> None:
        at = asyncio.get_running_loop().time()
        if at - self._counted_at >= COUNT_SECONDS:
            self._counted_at = at
            due, aside = await self._pool.fetchrow(sql.COUNT, now)
            DUE.set(due)
            ASIDE.set(aside)
