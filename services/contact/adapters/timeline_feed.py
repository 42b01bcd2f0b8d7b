"""The timeline as a feed: events of all services in the order in which they arrived, read by their numbers."""

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from datetime import datetime
from heapq import merge
from itertools import groupby
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from services.contact.views.timeline import TIMELINE
from shared.feeds.places import Reached, beginning
from shared.feeds.source import Body, Told, told
from shared.service import topic_of

SERVICES = tuple(sorted(catalogue.service for catalogue in TIMELINE.reads))
_SERVICE_OF = {topic_of(service): service for service in SERVICES}

PAGE = 1000
SHORT = 5000
"""Events between two places, of whomever, up to which reading all of them beats looking up every customer."""

ENDS = "SELECT topic, partition, next_seq - 1 FROM consumer_position WHERE consumer = $1"

_COLUMNS = "service, partition, number, customer_id, type, schema_version, event_id, occurred_at, recorded_at, data"
_WINDOWS = "unnest($1::text[], $2::smallint[], $3::bigint[], $4::bigint[]) AS w(in_service, in_partition, low, high)"

# OFFSET 0 keeps the planner from going by the customers where the numbers say that there is little to read.
BY_NUMBER = f"""
SELECT {_COLUMNS} FROM {_WINDOWS}, LATERAL (
    SELECT {_COLUMNS}::text FROM {TIMELINE.table.name} t
    WHERE t.service = w.in_service AND t.partition = w.in_partition AND t.number > w.low AND t.number <= w.high
    OFFSET 0
) e
WHERE customer_id = ANY($5::uuid[]) ORDER BY service, partition, number LIMIT $6
"""
BY_CUSTOMER = f"""
WITH own AS MATERIALIZED (
    SELECT {_COLUMNS}::text FROM {TIMELINE.table.name} WHERE customer_id = ANY($5::uuid[])
)
SELECT {_COLUMNS} FROM own
JOIN {_WINDOWS} ON service = in_service AND partition = in_partition AND number > low AND number <= high
ORDER BY service, partition, number LIMIT $6
"""

Window = tuple[str, int, int, int]
"""A service, a partition, and the numbers between which to read there: low < number <= high."""


class TimelineFeed:
    """Reads the timeline as far as the views have come. A rebuilt view gives the same: numbers belong to the logs."""

    def __init__(self, pool: asyncpg.Pool, consumer: str) -> None:
        self._pool = pool
        self._consumer = consumer

    async def ends(self) -> Reached:
        """See `Source.ends`. What the views have passed is in the timeline: both commit together."""
        ends = beginning(SERVICES)
        for topic, partition, number in await self._pool.fetch(ENDS, self._consumer):
            if topic in _SERVICE_OF:
                ends[_SERVICE_OF[topic], partition] = number
        return ends

    async def read(
        self, after: Reached, until: Reached, about: Collection[str] | None
    ) -> AsyncIterator[Sequence[Told]]:
        """See `Source.read`."""
        customers = [UUID(subject) for subject in about or ()]
        windows = [(*place, after[place], end) for place, end in sorted(until.items()) if end > after[place]]
        while windows and customers:
            distance = sum(high - low for _, _, low, high in windows)
            statement = BY_NUMBER if distance <= SHORT else BY_CUSTOMER
            rows = await self._pool.fetch(statement, *zip(*windows, strict=True), customers, PAGE)
            yield list(_by_time(rows))
            windows = list(_left(windows, rows[-1])) if len(rows) == PAGE else []


def _left(windows: Iterable[Window], last: Any) -> Iterable[Window]:
    """Return what is still to be read behind the row `last`."""
    service, partition, number = last[:3]
    for window in windows:
        if window[:2] == (service, partition):
            yield (service, partition, number, window[3])
        elif window[:2] > (service, partition):
            yield window


def _by_time(rows: Sequence[Any]) -> Iterable[Told]:
    """Return the rows by when they were recorded, as far as the order within each place allows."""
    places = [[_told(row) for row in group] for _, group in groupby(rows, key=lambda row: (row[0], row[1]))]
    return (event for _, event in merge(*places, key=lambda pair: pair[0]))


def _told(row: Any) -> tuple[datetime, Told]:
    service, partition, number, customer_id, type_, schema, event_id, occurred_at, recorded_at, data = row
    name, subject = f"{type_}.v{schema}", str(customer_id)
    body = Body(event_id, service, name, subject, occurred_at, recorded_at, msgspec.Raw(data.encode()))
    return recorded_at, told((service, partition), number, body)
