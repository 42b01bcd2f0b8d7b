"""Firing: due timers are claimed, decided and moved in one transaction, so that each takes effect exactly once."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import asyncpg
from msgspec import Struct

from shared.consumers.batch import DATA_ERRORS
from shared.consumers.parking import reason_of
from shared.decider import AnyDecider
from shared.policies.work import WorkingSet
from shared.store.postgres import PostgresEventStore
from shared.telemetry.log import logger
from shared.telemetry.timers import FAILED, FIRED
from shared.timers import statements as sql
from shared.timers.waking import wake

log = logger("timers")

BATCH = 250
"""Most streams in one transaction; their writers wait until it is over."""

OUTAGES = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
"""What says nothing about a timer: the caller tries again later."""


class Fired(Struct):
    """What one transaction did: streams woken with events, streams whose timer was only moved, streams set aside."""

    woken: list[str]
    moved: list[str]
    aside: dict[str, str]


def timed(deciders: Iterable[AnyDecider]) -> dict[str, AnyDecider]:
    """Return the deciders that have timers, by name."""
    return {decider.name: decider for decider in deciders if decider.wakes}


class Firing:
    """Fires the timers of one service's streams, each stream by the decider that its name begins with."""

    def __init__(self, pool: asyncpg.Pool, store: PostgresEventStore, deciders: Mapping[str, AnyDecider]) -> None:
        self._pool = pool
        self._store = store
        self._deciders = deciders

    async def fire(self, now: datetime, limit: int = BATCH) -> int:
        """Fire up to `limit` due timers, the earliest first, and return how many were taken on.

        Heads that others hold are passed over. A stream that can't be woken is
        set aside with the reason; the others take effect without it.
        Raises what an outage raises; then nothing was written.
        """
        claimed: list[str] = []
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                claimed += await self._claim(connection, now, sql.CLAIM, now, limit)
                fired = await self._wake(connection, claimed, now)
        except Exception as error:
            if _is_outage(error) or not claimed:
                raise
            for stream in claimed:
                await self._alone(stream, now)
        else:
            _report(fired)
        return len(claimed)

    async def _alone(self, stream: str, now: datetime) -> None:
        """Fire one timer of a batch that failed as a whole, so that only the one at fault is set aside."""
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                claimed = await self._claim(connection, now, sql.CLAIM_ONE, stream)
                fired = await self._wake(connection, claimed, now)
        except Exception as error:
            if _is_outage(error):
                raise
            fired = Fired([], [], {stream: reason_of(error)})
            await self._pool.execute(sql.SET_ASIDE, [stream], list(fired.aside.values()), now)
        _report(fired)

    async def _claim(self, connection: asyncpg.Connection, now: datetime, statement: str, *args: object) -> list[str]:
        heads = [row[0] for row in await connection.fetch(statement, *args)]
        return [row[0] for row in await connection.fetch(sql.STILL_DUE, heads, now)] if heads else []

    async def _wake(self, connection: asyncpg.Connection, streams: Sequence[str], now: datetime) -> Fired:
        work = WorkingSet(self._store.on(connection), now)
        await work.load(streams)
        await work.fetch_keys(stream for stream in streams if self._opens(stream))
        fired = Fired([], [], {})
        due: dict[str, datetime | None] = {}
        for stream in streams:
            version = work.version(stream)
            try:
                due[stream] = await work.decide(wake, work, self._decider(stream), stream)
            except Exception as error:
                if _is_outage(error):
                    raise
                fired.aside[stream] = reason_of(error)
            else:
                (fired.woken if work.version(stream) > version else fired.moved).append(stream)
        await work.commit()
        if fired.moved:
            await connection.execute(sql.SET, fired.moved, [due[stream] for stream in fired.moved])
        if fired.aside:
            await connection.execute(sql.SET_ASIDE, list(fired.aside), list(fired.aside.values()), now)
        return fired

    def _opens(self, stream: str) -> bool:
        decider = self._deciders.get(stream.partition("-")[0])
        return decider is not None and decider.opens

    def _decider(self, stream: str) -> AnyDecider:
        name = stream.partition("-")[0]
        if name not in self._deciders:
            raise LookupError(f"no decider of the name {name!r} has timers")
        return self._deciders[name]


def _is_outage(error: Exception) -> bool:
    return isinstance(error, OUTAGES) and not isinstance(error, DATA_ERRORS)


def _report(fired: Fired) -> None:
    FIRED.inc(len(fired.woken))
    FAILED.inc(len(fired.aside))
    for stream, reason in fired.aside.items():
        log.error("timer.set_aside", stream=stream, error=reason.partition(":")[0])
