"""Reads what a simulation plays: the accounts page by page, each with its events in order, all of one snapshot."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import asyncpg
from msgspec import Struct

from services.loyalty.contracts.published import PUBLISHED
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.programme.decider import PROGRAMME
from services.loyalty.domain.programme.programme import Programme
from services.loyalty.domain.tiers.decider import ENROLMENT
from services.loyalty.domain.tiers.record import Grant
from shared.runtime.pool import connect

ACCOUNTS_EACH = 500
"""Accounts of one page: a few MiB of events."""

PAGES = """
SELECT min(stream_id), max(stream_id) FROM (
    SELECT stream_id, (row_number() OVER (ORDER BY stream_id) - 1) / $1 AS page
    FROM stream WHERE starts_with(stream_id, 'account-')
) AS numbered GROUP BY page ORDER BY page
"""
EVENTS = """
SELECT stream_id, position, type, schema_version, data::text FROM event
WHERE stream_id >= $1 AND stream_id <= $2 AND starts_with(stream_id, 'account-') AND (type = ANY($3)
    OR type = ANY($4) AND data->>'lot_id' = concat(data->>'source', ':', data->>'order_id'))
ORDER BY stream_id, version
"""
GRANTED = """
SELECT stream_id, type, schema_version, data::text FROM event
WHERE stream_id = ANY($1) AND type = ANY($2) ORDER BY stream_id, version
"""
PUBLISHED_VERSIONS = """
SELECT position, type, schema_version, data::text FROM event WHERE stream_id = $1 ORDER BY version
"""
READ = ("fact-judged", "account-closed", "member-enrolled")
READ_PLAIN = ("points-earned", "points-reversed")
"""Of these only what the plain rule earned: a programme's points are told by its judgements."""

READ_GRANTS = ("tier-granted", "tier-grant-ended")

Page = tuple[str, str]
"""The names of the first stream and the last."""


class History(NamedTuple):
    """An account by its customer's id, its events with their places in the log, and the tiers that were granted."""

    account: str
    events: Sequence[tuple[int, Any]]
    grants: Sequence[Grant]


class Versions(Struct, frozen=True):
    """A programme, and the place in the log at which each of its versions was published."""

    programme: Programme
    places: tuple[int, ...]


@asynccontextmanager
async def unhurried(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    """Open connections that may take minutes for a statement, or between two of them."""
    pool = await connect(database_url, size=2, command_timeout=None)
    try:
        yield pool
    finally:
        pool.terminate()


@asynccontextmanager
async def snapshot(pool: asyncpg.Pool, name: str = "") -> AsyncIterator[tuple[Any, str]]:
    """Take a connection that sees one snapshot of the database, and the name by which others may see the same.

    With a `name`, it is that one; it lasts as long as who gave the name holds it.
    """
    connection: Any  # a pool gives out proxies of connections
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        if name:
            await connection.execute(f"SET TRANSACTION SNAPSHOT '{name}'")
        yield connection, name or await connection.fetchval("SELECT pg_export_snapshot()")


async def versions_of(connection: asyncpg.Connection, programme_id: str) -> Versions:
    """Return a programme as it is published in the snapshot."""
    rows = await connection.fetch(PUBLISHED_VERSIONS, PROGRAMME.stream(programme_id))
    events = [PUBLISHED.decode(type_, version, data) for _, type_, version, data in rows]
    return Versions(PROGRAMME.fold(events), tuple(row[0] for row in rows))


async def pages(connection: asyncpg.Connection) -> list[Page]:
    """Return the pages of all accounts."""
    return [(first, last) for first, last in await connection.fetch(PAGES, ACCOUNTS_EACH)]


async def read(connection: asyncpg.Connection, page: Page, *, tiers: bool) -> list[History]:
    """Return the accounts of a page; with `tiers`, also what tiers follow from beside facts."""
    rows = await connection.fetch(EVENTS, *page, READ, READ_PLAIN if tiers else ())
    streams = [(stream, [*events]) for stream, events in groupby(rows, key=itemgetter(0))]
    names = [stream.removeprefix(ACCOUNT.stream("")) for stream, _ in streams]
    granted = await _granted(connection, names) if tiers else {}
    decoders = {name: PUBLISHED.decoder(*name) for name in {(row[2], row[3]) for row in rows}}
    return [
        History(
            name,
            [(row[1], decoders[row[2], row[3]](row[4])) for row in events],
            granted.get(ENROLMENT.stream(name), ()),
        )
        for name, (_, events) in zip(names, streams, strict=True)
    ]


async def _granted(connection: asyncpg.Connection, names: Sequence[str]) -> Mapping[str, Sequence[Grant]]:
    rows = await connection.fetch(GRANTED, [ENROLMENT.stream(name) for name in names], READ_GRANTS)
    return dict(_grants(rows))


def _grants(rows: Sequence[Any]) -> Iterator[tuple[str, Sequence[Grant]]]:
    for stream, events in groupby(rows, key=itemgetter(0)):
        folded = ENROLMENT.fold(PUBLISHED.decode(type_, version, data) for _, type_, version, data in events)
        yield stream, folded.grants
