"""Parked messages at the swap: those of the table that goes are kept with it, those of the new one wait."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import asyncpg
from msgspec import Struct

from shared.consumers.handler import Item, Parked
from shared.consumers.parking import pack_headers, park, record_of
from shared.errors import Invalid
from shared.policies.policy import RawRecord
from shared.views.fold import Aside
from shared.views.places import number_of

# A retry that is under way holds its key: what it does is over before the messages are exchanged.
LOCK_KEYS = "SELECT FROM parked_key WHERE handler = $1 ORDER BY key FOR UPDATE"
WAITING = "SELECT * FROM parked WHERE handler = $1 AND discarded_at IS NULL ORDER BY id"
FORGET_BEFORE = "DELETE FROM parked_before WHERE table_name = $1"
KEEP_BEFORE = """
INSERT INTO parked_before (table_name, key, place, topic, partition, record_key, headers, value, reason)
SELECT $2, key, row_number() OVER (PARTITION BY key ORDER BY id), topic, partition, record_key, headers, value, reason
FROM parked WHERE handler = $1 AND discarded_at IS NULL
"""
KEEP = """
INSERT INTO parked_before (table_name, key, place, topic, partition, record_key, headers, value, reason)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
FREE = "DELETE FROM parked WHERE handler = $1 AND key = ANY($2::text[]) AND discarded_at IS NULL"
FREE_KEYS = "DELETE FROM parked_key WHERE handler = $1 AND key = ANY($2::text[])"
BEFORE = """
SELECT topic, partition, -1 AS kafka_offset, record_key, headers, value FROM parked_before
WHERE table_name = $1 ORDER BY key, place
"""


class Exchanged(Struct, frozen=True):
    """What became of the view's parked messages: those that took effect, and those that wait now and did not before."""

    freed: int
    parked: int


async def exchange_parked(
    connection: asyncpg.Connection, view: str, table: str, aside: Sequence[Aside], now: datetime
) -> Exchanged:
    """Keep what waits for `view` with the table that goes, and let `aside` wait in its place.

    A key whose messages are the same keeps them, with their age and attempts.
    """
    await connection.execute(LOCK_KEYS, view)
    rows = await connection.fetch(WAITING, view)
    await connection.execute(FORGET_BEFORE, table)
    await connection.execute(KEEP_BEFORE, view, table)
    waiting = _by_key((row["key"], _identity(row)) for row in rows)
    wanted = _by_key((item.key, (item.topic, item.partition, item.number)) for item in aside)
    changed = [key for key in waiting.keys() | wanted.keys() if waiting.get(key) != wanted.get(key)]
    await connection.execute(FREE, view, changed)
    await connection.execute(FREE_KEYS, view, changed)
    await park(connection, [_parked(view, item) for item in aside if item.key in set(changed)], now)
    before, after = ({place for places in found.values() for place in places} for found in (waiting, wanted))
    return Exchanged(len(before - after), len(after - before))


async def parked_before(connection: asyncpg.Connection, table: str) -> list[RawRecord]:
    """Return the messages that waited when the table before was put aside, each key's in order."""
    return [record_of(row) for row in await connection.fetch(BEFORE, table)]


async def keep_aside(connection: asyncpg.Connection, table: str, aside: Sequence[Aside]) -> None:
    """Note what the table before leaves aside by now."""
    await connection.execute(FORGET_BEFORE, table)
    places = (place for items in _by_key((item.key, item) for item in aside).values() for place in enumerate(items, 1))
    rows = [
        (table, item.key, place, item.topic, item.partition, item.record.key, pack_headers(item.record.headers),
         item.record.value, item.reason)
        for place, item in places
    ]  # fmt: skip
    await connection.executemany(KEEP, rows)


def _identity(row: Mapping[str, Any]) -> tuple[str, int, int | None]:
    return row["topic"], row["partition"], number_of(row["headers"])


def _by_key(pairs: Any) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for key, place in pairs:
        found[key].append(place)
    return dict(found)


def _parked(view: str, item: Aside) -> Parked:
    return Parked(Item(item.record, None), view, item.key, _error(item.reason))


def _error(reason: str | None) -> Exception | None:
    """Return an error that is told in the words of `reason`."""
    if reason is None:
        return None
    kind, _, words = reason.partition(": ")
    return Invalid([(kind, words)])
