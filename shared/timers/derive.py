"""Deriving timers anew: for streams that are older than their timers, and after a change of what wakes them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import asyncpg
from msgspec import Struct

from shared.decider import AnyDecider
from shared.privacy.sealer import Sealer
from shared.store.contract import Recorded
from shared.store.postgres import PostgresEventStore
from shared.timers import statements as sql
from shared.timers.firing import timed

PAGE = 500
"""Streams in one transaction."""


class Derived(Struct, frozen=True):
    """How many streams were looked at, and how many of their timers were not as their states say."""

    streams: int
    mended: int


async def derive(pool: asyncpg.Pool, store: PostgresEventStore, decider: AnyDecider) -> Derived:
    """Set the timer of every stream of `decider` to what its state says. Safe at any time, beside everything else."""
    streams = mended = 0
    after = ""
    while True:
        async with pool.acquire() as connection, connection.transaction():
            page = [row[0] for row in await connection.fetch(sql.STREAMS_AFTER, after, decider.stream(""), PAGE)]
            if not page:
                return Derived(streams, mended)
            mended += await _mend(connection, store.on(connection), decider, page)
        streams += len(page)
        after = page[-1]


async def derive_new(pool: asyncpg.Pool, store: PostgresEventStore, deciders: Iterable[AnyDecider]) -> None:
    """Derive the timers of those deciders whose `wakes` are newer than what this database was derived by.

    Several workers may do so at once: each sets what is right.
    """
    for decider in timed(deciders).values():
        known = await pool.fetchval(sql.DERIVED, decider.name)
        if known is None or known < decider.wakes_version:
            await derive(pool, store, decider)
            await pool.execute(sql.NOTE_DERIVED, decider.name, decider.wakes_version)


async def _mend(
    connection: asyncpg.Connection, store: PostgresEventStore, decider: AnyDecider, streams: Sequence[str]
) -> int:
    """The heads are locked in the order that appends lock them in, so that nobody deadlocks."""
    assert decider.wakes  # noqa: S101 - `timed` deciders alone come here
    await connection.execute(sql.LOCK, streams)
    histories = await store.read_many(streams)
    states = {stream: decider.fold(item.event for item in histories.get(stream, ())) for stream in streams}
    if decider.opens:
        states = await _opened(store, states, histories)
    due = {stream: decider.wakes(state) for stream, state in states.items()}
    there = dict(await connection.fetch(sql.DUE_OF, streams))
    wrong = [stream for stream in streams if due[stream] != there.get(stream)]
    if wrong:
        await connection.execute(sql.SET, wrong, [due[stream] for stream in wrong])
    return len(wrong)


async def _opened(
    store: PostgresEventStore, states: Mapping[str, Any], histories: Mapping[str, Sequence[Recorded]]
) -> dict[str, Any]:
    """Return the states with their personal texts opened, for timers that follow from one."""
    about = {stream: histories[stream][-1].subject if stream in histories else "" for stream in states}
    if store.vault is not None:
        await store.vault.fetch(about.values())
    sealer = Sealer(store.vault)
    return {stream: sealer.opened(state, about[stream]) for stream, state in states.items()}
