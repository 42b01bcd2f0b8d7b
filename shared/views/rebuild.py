"""Rebuild: a view's table is made anew beside the live one, while everything flows, and takes its place."""

import contextlib
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from msgspec import Struct

from shared.clock import Clock, system_clock
from shared.errors import Rejected
from shared.runtime.pool import connect
from shared.service import Service
from shared.views import builds
from shared.views.build_table import Tables, drop_leftovers, index_build, make_build
from shared.views.catch_up import CatchUp, Disturbed
from shared.views.checksum import Checksum, checksum, differing, sums
from shared.views.first_fold import Folded, fold_partitions
from shared.views.fold import refuse_too_many
from shared.views.fold_processes import Where, fold_in_processes, processes_for
from shared.views.past import ALL, Past, consumer_topics, past, view_named
from shared.views.places import LeftOut, Places, read_left_out, read_places
from shared.views.swap import Swap, Swapped
from shared.views.view import View

SMALL = 500
"""Numbers that may be left for the last round, in which the view's consumer waits."""

ROUNDS = 20
"""Rounds after which the last one takes what there is: a consumer that outruns them has to wait."""

BEGINNINGS = 5
"""How often a build that an operator disturbs begins again."""

LOCK = "SELECT pg_try_advisory_lock(hashtext('rapport.view'), hashtext($1))"
UNLOCK = "SELECT pg_advisory_unlock(hashtext('rapport.view'), hashtext($1))"
SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

Tell = Callable[[str, int, int], None]
"""Told, as it goes: the stage, how much of it is done, how much there is."""


class Rebuilt(Struct, frozen=True):
    """A rebuild that took effect. `changed` counts the rows that differ from those of the table before."""

    view: str
    number: int
    rows: int
    changed: int
    events: int
    seconds: float
    rounds: int
    attempts: int
    held_ms: float
    parked: int
    freed: int


@asynccontextmanager
async def alone(pool: asyncpg.Pool, view: View[Any]) -> AsyncIterator[asyncpg.Connection]:
    """Hold the view for one rebuild, rollback at a time; Rejected when another holds it."""
    table = view.table.name
    async with pool.acquire() as connection:
        if not await connection.fetchval(LOCK, table):
            raise Rejected("rebuild-runs", f"Another rebuild or rollback of {view.name} is running: wait for its end.")
        try:
            yield connection
        finally:
            if not connection.is_closed():
                await connection.execute(UNLOCK, table)


async def rebuild(
    service: Service, name: str, where: Where, *, clock: Clock = system_clock, tell: Tell = lambda *_: None
) -> Rebuilt:
    """Make the view anew from the log and the topics, and swap it in.

    Reads, writes and the view's consumer go on meanwhile. On return the rows are
    exactly what the fold gives at the consumer's places; the table before stays
    for `rollback`. Killed at any point, it leaves the live table alone, and the
    next rebuild starts clean. Raises Rejected, with nothing changed, when the
    view can't be made.
    """
    view = view_named(service, name)
    pool = await connect(where.database_url, size=6, command_timeout=None)
    try:
        async with alone(pool, view) as connection, past(service, [view], pool, where.bootstrap_servers) as read:
            return await _Rebuilding(service, view, where, pool, connection, read, clock, tell).run()
    finally:
        await pool.close()


class _Rebuilding:
    def __init__(
        self, service: Service, view: View[Any], where: Where, pool: asyncpg.Pool, connection: asyncpg.Connection,
        read: Past, clock: Clock, tell: Tell,
    ) -> None:  # fmt: skip
        self._service = service
        self._view = view
        self._where = where
        self._pool = pool
        self._connection = connection
        self._past = read
        self._clock = clock
        self._tell = tell
        self._tables = Tables(view.table.name)
        self._rounds = 0

    async def run(self) -> Rebuilt:
        start = time.perf_counter()
        for left in reversed(range(BEGINNINGS)):
            number = await builds.begin_build(self._connection, self._tables.live, self._clock())
            try:
                folded, catch_up = await self._make()
                found, changed = await self._compare(catch_up)
                await builds.checked(self._connection, self._tables.live, number, found, changed)
                swapped = await self._swap(number, catch_up)
            except BaseException as error:
                await self._give_up(number)
                if not isinstance(error, Disturbed) or not left:
                    raise
                continue
            await drop_leftovers(self._connection, self._tables)
            return self._report(number, folded, found.rows, changed, swapped, time.perf_counter() - start)
        raise AssertionError("the last beginning raises or returns")

    async def _make(self) -> tuple[Folded, CatchUp]:
        """Fill the build as far as the consumer has come by now, index it, and catch up."""
        await make_build(self._connection, self._tables)
        places, left_out = await self._reached()
        folded = await self._first(places, left_out)
        refuse_too_many(self._view.name, folded.aside)
        rows = await self._connection.fetchval(f"SELECT count(*) FROM {self._tables.build}")
        if rows != folded.rows:
            raise Rejected("build-incomplete", f"{folded.rows} rows were folded, {rows} arrived in the build.")
        self._tell("index", 0, 1)
        await index_build(self._connection, self._tables)
        catch_up = CatchUp(self._past, self._view, self._tables.build, places, left_out, folded.aside)
        await self._approach(catch_up)
        return folded, catch_up

    async def _reached(self) -> tuple[Places, LeftOut]:
        """Return the places of the consumer, and then what is left out: so all of it that is below them is known."""
        places = await read_places(self._pool, self._service)
        return places, await read_left_out(self._pool, self._service, self._view.name)

    async def _first(self, places: Places, left_out: LeftOut) -> Folded:
        total, passed = self._past.numbers({}, places), 0

        def tell(numbers: int, _: int) -> None:
            nonlocal passed
            passed += numbers
            self._tell("fold", passed, total)

        self._tell("fold", 0, total)
        processes = processes_for(total, self._where)
        if processes > 1:
            return await fold_in_processes(
                self._where, self._view.name, self._tables.build, processes, places, left_out, tell
            )
        return await fold_partitions(
            self._past, self._view, self._tables.build, self._pool, ALL, places, left_out, tell
        )

    async def _approach(self, catch_up: CatchUp) -> None:
        """Go on in rounds until little is left."""
        for _ in range(ROUNDS):
            places, left_out = await self._reached()
            behind = catch_up.behind(places)
            self._tell("catch up", 0, behind)
            if behind <= SMALL:
                return
            self._rounds += 1
            await catch_up.to(self._connection, places, left_out)

    async def _compare(self, catch_up: CatchUp) -> tuple[Checksum, int]:
        """Compare the build with the live table at one place of the consumer: that of a snapshot."""
        self._tell("compare", 0, 1)
        key = self._view.table.columns.keys()[0]
        async with self._pool.acquire() as other:
            await other.execute(SNAPSHOT)
            try:
                places = await read_places(other, self._service)
                left_out = await read_left_out(other, self._service, self._view.name)
                await catch_up.to(self._connection, places, left_out)
                live, build = self._tables.live, self._tables.build
                old = other, live, await sums(other, live, key)
                new = self._connection, build, await sums(self._connection, build, key)
                return checksum(new[2]), await differing(old, new, key)
            finally:
                await other.execute("ROLLBACK")

    async def _swap(self, number: int, catch_up: CatchUp) -> Swapped:
        await self._approach(catch_up)
        self._tell("swap", 0, 1)
        swap = Swap(self._service, self._view, number, self._tables.build, self._clock)
        return await swap.run(self._connection, catch_up, consumer_topics(self._service))

    async def _give_up(self, number: int) -> None:
        if self._connection.is_closed():
            return
        with contextlib.suppress(asyncpg.PostgresError, OSError):
            await builds.fail_build(self._connection, self._tables.live, number, self._clock())
            await drop_leftovers(self._connection, self._tables)

    def _report(
        self, number: int, folded: Folded, rows: int, changed: int, swapped: Swapped, seconds: float
    ) -> Rebuilt:
        return Rebuilt(
            self._view.name,
            number,
            rows,
            changed,
            folded.events,
            seconds,
            self._rounds,
            swapped.attempts,
            swapped.held_ms,
            swapped.parked.parked,
            swapped.parked.freed,
        )
