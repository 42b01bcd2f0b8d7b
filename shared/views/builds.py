"""The registry of a view's tables: which build is live, which came before and how far it had come, which failed."""

from datetime import datetime

import asyncpg
from msgspec import Struct

from shared.consumers.position import Place
from shared.errors import Rejected
from shared.store.postgres import Database
from shared.views.checksum import Checksum
from shared.views.places import At, LeftOut, Places, pack_left_out, pack_places, unpack_left_out, unpack_places

FIRST = """
INSERT INTO view_build (table_name, number, state, started_at) SELECT $1, 0, 'live', $2
WHERE NOT EXISTS (SELECT FROM view_build WHERE table_name = $1 AND state = 'live')
"""
FAIL_OLD = "UPDATE view_build SET state = 'failed', ended_at = $2 WHERE table_name = $1 AND state = 'building'"
BEGIN = """
INSERT INTO view_build (table_name, number, state, started_at)
SELECT $1, max(number) + 1, 'building', $2 FROM view_build WHERE table_name = $1 RETURNING number
"""
FAIL = "UPDATE view_build SET state = 'failed', ended_at = $3 WHERE table_name = $1 AND number = $2"
CHECKED = "UPDATE view_build SET rows = $3, checksum = $4, changed = $5 WHERE table_name = $1 AND number = $2"
REACHED = "UPDATE view_build SET places = $3, left_out = $4 WHERE table_name = $1 AND number = $2"

# Three steps, since a table may have one live build and one before it at any instant.
LEAVE = "UPDATE view_build SET state = $3 WHERE table_name = $1 AND number = $2"
FORGET_BEFORE = """
UPDATE view_build SET state = 'gone', places = NULL, left_out = NULL
WHERE table_name = $1 AND state = 'before' AND number <> $2
"""
PUT_ASIDE = (
    "UPDATE view_build SET state = 'before', places = $2, left_out = $3 WHERE table_name = $1 AND state = 'live'"
)
GO_LIVE = """
UPDATE view_build SET state = 'live', ended_at = $3, places = NULL, left_out = NULL, held_ms = NULL
WHERE table_name = $1 AND number = $2
"""

LOCKED = "UPDATE view_build SET locked_at = clock_timestamp() WHERE table_name = '{table}' AND number = {number}"
HELD = """
UPDATE view_build SET held_ms = extract(epoch FROM clock_timestamp() - locked_at) * 1000
WHERE table_name = '{table}' AND number = {number}
"""
HELD_MS = "SELECT held_ms FROM view_build WHERE table_name = $1 AND number = $2"

LIST = """
SELECT table_name, number, state, started_at, ended_at, rows, changed, checksum, held_ms
FROM view_build WHERE table_name = ANY($1::text[]) AND state <> 'gone' ORDER BY table_name, number
"""
BEFORE = "SELECT number, places, left_out FROM view_build WHERE table_name = $1 AND state = 'before'"


class Build(Struct, frozen=True):
    """One table of a view: the live one, the one before, one that is being made or was given up."""

    table: str
    number: int
    state: str
    started_at: datetime
    ended_at: datetime | None
    rows: int | None
    changed: int | None
    checksum: str | None
    held_ms: float | None


class Before(Struct, frozen=True):
    """The table before: its build, the places that it has reached, and what it leaves out."""

    number: int
    places: dict[Place, At]
    left_out: dict[Place, frozenset[int]]


async def builds(database: Database, tables: list[str]) -> list[Build]:
    """Return what is known of these views' tables; a view that was never rebuilt has nothing here."""
    return [Build(*row) for row in await database.fetch(LIST, tables)]


async def begin_build(connection: asyncpg.Connection, table: str, now: datetime) -> int:
    """Note that a build begins and return its number; one that was killed counts as failed."""
    await connection.execute(FIRST, table, now)
    await connection.execute(FAIL_OLD, table, now)
    number: int = await connection.fetchval(BEGIN, table, now)
    return number


async def fail_build(connection: asyncpg.Connection, table: str, number: int, now: datetime) -> None:
    """Note that a build was given up."""
    await connection.execute(FAIL, table, number, now)


async def checked(connection: asyncpg.Connection, table: str, number: int, found: Checksum, changed: int) -> None:
    """Note what the build holds, and how many rows of the live table differ from it."""
    await connection.execute(CHECKED, table, number, found.rows, found.sum, changed)


async def reached(connection: asyncpg.Connection, table: str, number: int, places: Places, left_out: LeftOut) -> None:
    """Note how far a table that isn't in use has come."""
    await connection.execute(REACHED, table, number, pack_places(places), pack_left_out(left_out))


async def exchange(
    connection: asyncpg.Connection, table: str, number: int, places: Places, left_out: LeftOut, now: datetime
) -> None:
    """Note that build `number` goes live, and that the live one is put aside at these places."""
    await connection.execute(FORGET_BEFORE, table, number)
    await connection.execute(LEAVE, table, number, "building")
    await connection.execute(PUT_ASIDE, table, pack_places(places), pack_left_out(left_out))
    await connection.execute(GO_LIVE, table, number, now)


async def before(database: Database, table: str) -> Before:
    """Return the table before; Rejected when there is none."""
    rows = await database.fetch(BEFORE, table)
    if not rows:
        raise Rejected("nothing-before", f"{table} has no table before it: only a view that was rebuilt has one.")
    number, places, left_out = rows[0]
    return Before(number, unpack_places(places), unpack_left_out(left_out))
