"""The audit: fold a view afresh from the log and the topics, and compare it with its rows."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from msgspec import Struct

from shared.consumers.consumer import as_raw
from shared.consumers.position import Place
from shared.consumers.wiring import view_sources
from shared.merging.combining import Combining
from shared.merging.edges import Edges
from shared.merging.groups import Group
from shared.policies.policy import RawRecord, Source
from shared.service import Service
from shared.store.contract import PARTITIONS, Recorded
from shared.store.postgres import PostgresEventStore
from shared.views.rows import Rows
from shared.views.view import View
from shared.wire import partition_sequence

PLACES = "SELECT topic, partition, next_seq FROM consumer_position WHERE consumer = $1"
PAUSED = "SELECT handler, key FROM parked_key"


class Audited(Struct, frozen=True):
    """The result for one view: rows that a fresh fold gives, rows that differ, and the first difference in words."""

    view: str
    rows: int
    differences: int
    first: str | None


async def audit(service: Service, pool: asyncpg.Pool, bootstrap_servers: str) -> Sequence[Audited]:
    """Fold every view of the service afresh, as far as its consumer has come, and compare row for row.

    The service's own events come from its log, those of others from their
    topics. Keys with parked messages are left out: their rows are known to be
    behind. Run it when nothing flows, or rows that move meanwhile look different.
    """
    async with pool.acquire() as connection:
        until = {(row[0], row[1]): row[2] for row in await connection.fetch(PLACES, service.views_consumer)}
        folds: dict[str, dict[Any, Any]] = {view.name: {} for view in service.views}
        edges = Edges(service.merges)
        async for event in _events(service, pool, bootstrap_servers, until):
            edges.take(event)
            for view in service.views:
                _fold(view, folds[view.name], event)
        parked = {(row[0], row[1]) for row in await connection.fetch(PAUSED)}
        groups = edges.groups()
        return [await _compare(connection, view, folds[view.name], groups, parked) for view in service.views]


async def count_rows(pool: asyncpg.Pool, view: View[Any]) -> int:
    """Return how many rows a view has."""
    rows: int = await pool.fetchval(f"SELECT count(*) FROM {view.table.name}")
    return rows


def _fold(view: View[Any], rows: dict[Any, Any], event: Recorded) -> None:
    if any(catalogue.service == event.service and catalogue.knows(event.type) for catalogue in view.reads):
        key = view.key(event)
        if key is not None:
            rows[key] = view.project(rows.get(key), event)


async def _events(
    service: Service, pool: asyncpg.Pool, bootstrap_servers: str, until: Mapping[Place, int]
) -> AsyncIterator[Recorded]:
    for source in view_sources(service):
        ends = {partition: end for (topic, partition), end in until.items() if topic == source.topic}
        if source.topic == service.topic:
            async for event in _from_log(service, pool, ends):
                yield event
        else:
            async for event in _from_topic(source, bootstrap_servers, ends):
                yield event


async def _from_log(service: Service, pool: asyncpg.Pool, ends: Mapping[int, int]) -> AsyncIterator[Recorded]:
    store = PostgresEventStore(pool, service.publishes)
    for partition, end in ends.items():
        async for page in store.read_log(partition):
            for seq, event in page:
                if seq < end:
                    yield event


async def _from_topic(
    source: Source[Recorded], bootstrap_servers: str, ends: Mapping[int, int]
) -> AsyncIterator[Recorded]:
    """Yield the events of the topic numbered below `ends`, each once, in order within a partition."""
    async for record in read_topic(bootstrap_servers, source.topic):
        if partition_sequence(record) < ends.get(record.partition, 0):
            event = source.decode(record)
            if event is not None:
                yield event


async def read_topic(bootstrap_servers: str, topic: str) -> AsyncIterator[RawRecord]:
    """Yield what the topic holds now, each partition's sequence numbers once and in order; repeats are dropped."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap_servers, auto_offset_reset="earliest")
    await consumer.start()
    try:
        places = [TopicPartition(topic, partition) for partition in range(PARTITIONS)]
        ends = {place: end for place, end in (await consumer.end_offsets(places)).items() if end > 0}
        consumer.assign(list(ends))
        taken: dict[int, int] = {}
        while ends:
            for records in (await consumer.getmany(timeout_ms=200, max_records=5000)).values():
                for record in map(as_raw, records):
                    number = partition_sequence(record)
                    if number == taken.get(record.partition, 0) + 1:
                        taken[record.partition] = number
                        yield record
            ends = {place: end for place, end in ends.items() if await consumer.position(place) < end}
    finally:
        await consumer.stop()


async def _compare(
    connection: asyncpg.Connection,
    view: View[Any],
    fold: Mapping[Any, Any],
    groups: Mapping[str, Group],
    parked: set[tuple[str, str]],
) -> Audited:
    codec = Rows(view)
    of = Combining(view)
    own = {key: row for key, row in fold.items() if row is not None}
    expected = of.combined(own.values(), groups)
    stored = {row[0]: codec.row(row) for row in await connection.fetch(codec.select_all)}
    waiting = {of.subject(row) for key, row in own.items() if (view.name, str(key)) in parked}
    behind = {groups[subject].root for subject in waiting if subject in groups}
    shown = {key: of.subject(row) for key, row in [*expected.items(), *stored.items()]}
    keys = [key for key, subject in shown.items() if (view.name, str(key)) not in parked and subject not in behind]
    wrong = [key for key in keys if expected.get(key) != stored.get(key)]
    first = None
    if wrong:
        key = min(wrong, key=str)
        first = f"{key}: the log gives {expected.get(key)}, the view has {stored.get(key)}"
    return Audited(view.name, len(keys), len(wrong), first)
