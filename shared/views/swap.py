"""The swap: a table takes the place of the live one in a transaction that makes nobody wait for long.

Order of its locks: the places of the views' consumer, the view's parked keys,
the edges of merged subjects, the live table. A batch of that consumer takes them
in the same order, a retry all but the first, a reader the last one alone; so
none can deadlock.
"""

from collections.abc import Sequence

import asyncpg
from msgspec import Struct
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from shared.clock import Clock
from shared.errors import Rejected
from shared.service import Service
from shared.views import builds
from shared.views.build_table import Tables, exists, renames
from shared.views.catch_up import CatchUp
from shared.views.finish import drop_kept, finish, hold_groups, read_groups, rename_kept
from shared.views.parked_exchange import Exchanged, exchange_parked, lock_parked
from shared.views.places import lock_places, read_left_out
from shared.views.view import View

TABLE_TIMEOUT = "30ms"
"""How long the swap queues for the live table: whoever comes behind it in the queue waits as long."""

PLACES_TIMEOUT = "5s"
"""How long it waits for the batches under way: nobody but their consumer waits behind it."""

GIVE_UP_AFTER = 120.0
"""Seconds of trying."""

BEGIN = f"BEGIN; SET LOCAL synchronous_commit = off; SET LOCAL lock_timeout = '{PLACES_TIMEOUT}'"
RAISE_EPOCHS = "UPDATE consumer_position SET epoch = epoch + 1 WHERE consumer = $1"

BUSY = (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError)


class Swapped(Struct, frozen=True):
    """A swap that took effect: which attempt it was, how many ms it held the live table, what became of the parked."""

    attempts: int
    held_ms: float
    parked: Exchanged


class Swap:
    """Lets build `number`, in the table `incoming`, become the live table of the view."""

    def __init__(self, service: Service, view: View[object], number: int, incoming: str, clock: Clock) -> None:
        self._service = service
        self._view = view
        self._tables = Tables(view.table.name)
        self._number = number
        self._incoming = incoming
        self._clock = clock

    async def run(self, connection: asyncpg.Connection, catch_up: CatchUp, topics: Sequence[str]) -> Swapped:
        """Swap, trying again while others hold what it needs.

        On return the live table holds exactly what the consumer has taken, the
        consumer's processes begin again from there, and the table before is
        kept with its place. Raises Disturbed as `CatchUp.to` does, and Rejected
        when the table was in use all the time; then everything is as before.
        """
        retrying = AsyncRetrying(
            wait=wait_random_exponential(multiplier=0.02, max=1),
            stop=stop_after_delay(GIVE_UP_AFTER),
            retry=retry_if_exception_type(BUSY),
            reraise=True,
        )
        try:
            exchanged: Exchanged = await retrying(self._attempt, connection, catch_up, topics)
        except BUSY as error:
            raise Rejected(
                "swap-busy", f"{self._tables.live} was in use for {GIVE_UP_AFTER:.0f} s without a break: {error}."
            ) from error
        held = await connection.fetchval(builds.HELD_MS, self._tables.live, self._number)
        return Swapped(int(retrying.statistics["attempt_number"]), held, exchanged)

    async def _attempt(self, connection: asyncpg.Connection, catch_up: CatchUp, topics: Sequence[str]) -> Exchanged:
        # Not `connection.transaction()`: the COMMIT is part of the last script, to save its round trip under the lock.
        await connection.execute(BEGIN)
        try:
            exchanged = await self._prepare(connection, catch_up.trial(), topics)
            await connection.execute(self._script())
        except BaseException:
            if not connection.is_closed():
                await connection.execute("ROLLBACK")
            raise
        return exchanged

    async def _prepare(self, connection: asyncpg.Connection, trial: CatchUp, topics: Sequence[str]) -> Exchanged:
        """Do all that needs no lock on the live table."""
        service, tables, now = self._service, self._tables, self._clock()
        places = await lock_places(connection, service, topics)
        await lock_parked(connection, self._view.name)
        left_out = await read_left_out(connection, service, self._view.name)
        await trial.to(connection, places, left_out)
        exchanged = await exchange_parked(connection, self._view.name, tables.live, trial.aside, now)
        await hold_groups(connection)
        await finish(connection, self._view, self._incoming, await read_groups(connection))
        await builds.exchange(connection, tables.live, self._number, places, left_out, now)
        await connection.execute(RAISE_EPOCHS, service.views_consumer)
        await self._rename_parts(connection)
        return exchanged

    async def _rename_parts(self, connection: asyncpg.Connection) -> None:
        """Give all but the two tables themselves the names that they will have."""
        tables = self._tables
        if await exists(connection, tables.before):
            await self._rename_part(connection, tables.before, tables.gone)
            await connection.execute(f"ALTER TABLE {tables.before} RENAME TO {tables.gone}")
        else:
            await drop_kept(connection, tables.before)
        await self._rename_part(connection, tables.live, tables.before)
        await self._rename_part(connection, self._incoming_now, tables.live)

    async def _rename_part(self, connection: asyncpg.Connection, table: str, to: str) -> None:
        for statement in await renames(connection, table, to):
            await connection.execute(statement)
        await rename_kept(connection, table, to)

    @property
    def _incoming_now(self) -> str:
        """The table before makes room for the live one first, also when it is the one to come back."""
        return self._tables.gone if self._incoming == self._tables.before else self._incoming

    def _script(self) -> str:
        tables, here = self._tables, {"table": self._tables.live, "number": self._number}
        return f"""
            SET LOCAL lock_timeout = '{TABLE_TIMEOUT}';
            LOCK TABLE {tables.live} IN ACCESS EXCLUSIVE MODE;
            {builds.LOCKED.format(**here)};
            ALTER TABLE {tables.live} RENAME TO {tables.before};
            ALTER TABLE {self._incoming_now} RENAME TO {tables.live};
            COMMIT;
            {builds.HELD.format(**here)};
        """
