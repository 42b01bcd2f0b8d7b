"""Roll back: the table before a rebuild catches up with what came since, and takes the live one's place again."""

import time

import asyncpg
from msgspec import Struct

from shared.clock import Clock, system_clock
from shared.errors import Rejected
from shared.runtime.pool import connect
from shared.service import Service
from shared.store.contract import Recorded
from shared.views import builds
from shared.views.build_table import Tables, drop_leftovers, exists, same_shape
from shared.views.catch_up import CatchUp, Disturbed
from shared.views.fold import Page
from shared.views.fold_processes import Where
from shared.views.parked_exchange import keep_aside, parked_before
from shared.views.past import Past, consumer_topics, past, view_named
from shared.views.places import read_left_out, read_places
from shared.views.rebuild import ROUNDS, SMALL, Tell, alone
from shared.views.swap import Swap
from shared.views.view import View


class RolledBack(Struct, frozen=True):
    """A rollback that took effect: which build is live again, and what it had missed."""

    view: str
    number: int
    events: int
    seconds: float
    attempts: int
    held_ms: float
    parked: int
    freed: int


async def rollback(
    service: Service, name: str, where: Where, *, clock: Clock = system_clock, tell: Tell = lambda *_: None
) -> RolledBack:
    """Let the table before be the live one again, with all that came since; the live one is put aside in its place.

    Raises Rejected, with the live table as it is, when there is none, when its
    columns are no longer those of the live one, when a topic no longer holds
    what it lacks, or when an operator has retried or discarded messages since.
    """
    view = view_named(service, name)
    pool = await connect(where.database_url, size=6, command_timeout=None)
    try:
        async with alone(pool, view) as connection, past(service, [view], pool, where.bootstrap_servers) as read:
            return await _roll_back(service, view, pool, connection, read, clock, tell)
    finally:
        await pool.close()


async def _roll_back(
    service: Service,
    view: View[object],
    pool: asyncpg.Pool,
    connection: asyncpg.Connection,
    read: Past,
    clock: Clock,
    tell: Tell,
) -> RolledBack:
    start = time.perf_counter()
    tables = Tables(view.table.name)
    await drop_leftovers(connection, tables)
    last = await builds.before(connection, tables.live)
    await _must_fit(connection, tables)
    catch_up = CatchUp(read, view, tables.before, last.places, last.left_out)
    waited = [event for record in await parked_before(connection, tables.live) if (event := read.decode(record))]
    try:
        events = await _catch_up(service, pool, connection, catch_up, waited, last.number, tell)
        tell("swap", 0, 1)
        swapped = await Swap(service, view, last.number, tables.before, clock).run(
            connection, catch_up, consumer_topics(service)
        )
    except Disturbed as error:
        raise Rejected(
            "rollback-impossible",
            f"Messages of {view.name} were retried or discarded since {tables.before} was put aside, so it can't be"
            f" brought up to date: `rapport views rebuild {service.name} {view.name}` makes the view anew.",
        ) from error
    seconds, parked = time.perf_counter() - start, swapped.parked
    return RolledBack(
        view.name, last.number, events, seconds, swapped.attempts, swapped.held_ms, parked.parked, parked.freed
    )


async def _must_fit(connection: asyncpg.Connection, tables: Tables) -> None:
    if not await exists(connection, tables.before):
        raise Rejected("nothing-before", f"{tables.before} was dropped: there is nothing to roll back to.")
    if not await same_shape(connection, tables.before, tables.live):
        raise Rejected(
            "rollback-shape", f"{tables.before} and {tables.live} have other columns: neither can be the other."
        )


async def _catch_up(
    service: Service,
    pool: asyncpg.Pool,
    connection: asyncpg.Connection,
    catch_up: CatchUp,
    waited: list[Recorded],
    number: int,
    tell: Tell,
) -> int:
    """Go on in rounds, each noted with what it did: one that is killed has not been."""
    events = 0
    for _ in range(ROUNDS):
        places = await read_places(pool, service)
        left_out = await read_left_out(pool, service, catch_up.view.name)
        behind = catch_up.behind(places)
        tell("catch up", 0, behind)
        async with connection.transaction():
            # What waited when the table was put aside comes first, in its order: this fold may take it.
            await catch_up.take(connection, Page(waited))
            events += len(waited) + await catch_up.to(connection, places, left_out)
            await builds.reached(connection, catch_up.view.table.name, number, places, left_out)
            await keep_aside(connection, catch_up.view.table.name, catch_up.aside)
        waited = []
        if behind <= SMALL:
            break
    return events
