"""Alarms on a real PostgreSQL, for the tests of timers: set, moved, rung, and looked at afterwards."""

from collections import Counter
from datetime import datetime, timedelta

import asyncpg

from shared.handle import Handler
from shared.store.contract import Context
from shared.store.postgres import PostgresEventStore
from shared.testing.alarms import ALARM, PUBLISHED, AlarmSet, AlarmStopped
from shared.testing.clock import SettableClock
from shared.testing.sample import NOW
from shared.timers.timers import Timers
from shared.wakeup import Wakeup

HOUR = timedelta(hours=1)


class AlarmClocks:
    """One database of alarms, with a clock that the test moves."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool
        self.clock = SettableClock(NOW)
        self.store = PostgresEventStore(pool, PUBLISHED, self.clock)
        self.handler = Handler(self.store)

    def timers(self) -> Timers:
        """Return what one more worker would run."""
        return Timers(self.pool, self.store, [ALARM], self.clock, Wakeup(self.pool))

    async def set(self, key: str, at: datetime, *, name: str = "up", every: timedelta | None = None) -> None:
        await self._do(key, AlarmSet(name, at, every))

    async def stop(self, key: str, name: str = "up") -> None:
        await self._do(key, AlarmStopped(name))

    async def _do(self, key: str, command: AlarmSet | AlarmStopped) -> None:
        context = Context(self.clock(), self.clock())
        await self.handler.handle(ALARM, f"alarm-{key}", command, subject="anna", context=context)

    async def set_many(self, count: int, at: datetime) -> None:
        for number in range(count):
            await self.set(str(number), at)

    async def fire_all(self) -> None:
        timers = self.timers()
        while await timers.fire():
            pass

    async def rung(self) -> Counter[str]:
        """Return how often each stream's alarm rang."""
        rows = await self.pool.fetch("SELECT stream_id FROM event WHERE type = 'alarm-rang'")
        return Counter(row[0] for row in rows)

    async def due(self) -> dict[str, datetime]:
        """Return every timer."""
        return {row[0]: row[1] for row in await self.pool.fetch("SELECT stream_id, due_at FROM timer")}

    async def reasons(self) -> dict[str, str]:
        """Return the timers that were set aside, and why."""
        rows = await self.pool.fetch("SELECT stream_id, reason FROM timer WHERE reason IS NOT NULL")
        return {row[0]: row[1] for row in rows}

    async def derived(self) -> dict[str, datetime]:
        """Return what the timers must be: what each stream's state says."""
        names = [row[0] for row in await self.pool.fetch("SELECT stream_id FROM stream")]
        states = {
            stream: ALARM.fold(item.event for item in history)
            for stream, history in (await self.store.read_many(names)).items()
        }
        assert ALARM.wakes
        wakes = {stream: ALARM.wakes(state) for stream, state in states.items()}
        return {stream: at for stream, at in wakes.items() if at}
