"""A customer as of a moment: the timeline's events that count then, folded as the customers view folds them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg

from services.contact.views.customers import CUSTOMERS, CustomerRow
from services.contact.views.timeline import TIMELINE, TimelineRow
from shared.merging import Group
from shared.store.contract import Moment, Recorded
from shared.views.rows import Rows

_ROWS = Rows(TIMELINE)
_READS = {catalogue.service: catalogue for catalogue in CUSTOMERS.reads}

# `project` depends on the order of each service's own events, which is that of their numbers.
_COUNTING = """
WHERE customer_id = ANY($1::uuid[])
  AND ($2::timestamptz IS NULL OR occurred_at <= $2) AND ($3::timestamptz IS NULL OR recorded_at <= $3)
"""
EVENTS = f"{_ROWS.select_all} {_COUNTING} ORDER BY service, partition, number"
COUNTS = f"SELECT EXISTS (SELECT FROM {_ROWS.table} {_COUNTING})"


async def customer_at(pool: asyncpg.Pool, found: Group, at: Moment) -> CustomerRow | None:
    """Return what the view would show for this group if exactly the events that count at `at` existed."""
    members = [UUID(member) for member in found.members]
    rows = await pool.fetch(EVENTS, members, at.as_of, at.known_at)
    folded = fold(map(_ROWS.row, rows))
    own = [folded[member] for member in members if member in folded]
    if len(members) > 1 and CUSTOMERS.combine:
        own = list(CUSTOMERS.combine(own, found.root))
    return own[0] if own else None


async def counts(pool: asyncpg.Pool, members: Sequence[UUID], at: Moment) -> bool:
    """Tell whether any event about these customers counts at `at`."""
    return bool(await pool.fetchval(COUNTS, members, at.as_of, at.known_at))


def fold(rows: Iterable[TimelineRow]) -> Mapping[UUID, CustomerRow]:
    """Return each customer's row of the customers view, folded from the timeline's rows in the order given."""
    folded: dict[Any, CustomerRow | None] = {}
    for event in filter(None, map(_event, rows)):
        key = CUSTOMERS.key(event)
        if key is None:
            continue
        folded[key] = CUSTOMERS.project(folded.get(key), event)
    return {key: row for key, row in folded.items() if row is not None}


def _event(row: TimelineRow) -> Recorded | None:
    """Return the event as the customers view reads it; None where it doesn't."""
    catalogue = _READS.get(row.service)
    if catalogue is None or not catalogue.knows(row.type):
        return None
    stream, _, version = row.event_id.rpartition("@")
    return Recorded(
        row.service,
        stream,
        int(version),
        0,
        row.partition,
        str(row.customer_id),
        row.type,
        row.schema_version,
        catalogue.decode(row.type, row.schema_version, row.data),
        row.data,
        row.occurred_at,
        row.recorded_at,
        {},
        row.number,
    )
