"""The event store's statements that only read: streams, their news, timers, and the log in the order of publication."""

from datetime import datetime
from typing import Any

from shared.store import statements as sql
from tests.simulation.database import Transaction
from tests.simulation.statements.log import Event
from tests.simulation.statements.registry import Rows, means


@means(sql.WAKES_AT)
def wakes_at(transaction: Transaction, stream: str) -> Rows:
    due_at = transaction.see("timer").get(stream)
    return [(due_at,)] if due_at else []


def _history(transaction: Transaction, stream: str) -> list[Event]:
    found = [event for event in transaction.see("event").values() if event.stream == stream]
    found.sort(key=lambda event: event.version)
    return found


@means(sql.READ)
def read(transaction: Transaction, stream: str, after: int, last: int) -> Rows:
    return [event.columns() for event in _history(transaction, stream) if after < event.version <= last]


@means(sql.NEWS)
def news(transaction: Transaction, stream: str, after: int) -> Rows:
    found = _history(transaction, stream)
    return [(event.version, event.type, event.schema, event.data) for event in found if event.version > after]


@means(sql.READ_AT)
def read_at(
    transaction: Transaction, stream: str, after: int, last: int, as_of: datetime | None, known_at: datetime | None
) -> Rows:
    return [
        event.columns()
        for event in _history(transaction, stream)
        if after < event.version <= last
        if (as_of is None or event.occurred_at <= as_of) and (known_at is None or event.recorded_at <= known_at)
    ]


@means(sql.READ_MANY)
def read_many(transaction: Transaction, streams: list[str]) -> Rows:
    return [event.columns() for stream in sorted(set(streams)) for event in _history(transaction, stream)]


@means(sql.READ_NEWS_OF_MANY)
def read_news_of_many(transaction: Transaction, streams: list[str], after: list[int]) -> Rows:
    return [
        event.columns()
        for stream, place in sorted(zip(streams, after, strict=True))
        for event in _history(transaction, stream)
        if event.version > place
    ]


@means(sql.READ_BEHIND)
def read_behind(transaction: Transaction, streams: list[str], versions: list[int], times: list[datetime]) -> Rows:
    rows: list[Any] = []
    for stream, version, recorded_at in sorted(zip(streams, versions, times, strict=True)):
        found = [event for event in _history(transaction, stream) if event.version >= version]
        rows += [
            event.columns() for event in found if (event.version, event.recorded_at) != (version, recorded_at)
        ] or ([] if found else [(stream, *[None] * 10)])
    return rows


@means(sql.LOG_ENDS)
def log_ends(transaction: Transaction) -> Rows:
    return [(partition, row.next_seq - 1) for partition, row in transaction.see("relay_partition").items()]


@means(sql.LOG_PAGE)
def log_page(transaction: Transaction, partition: int, after: int, blocks: int) -> Rows:
    rows = sorted(item for item in transaction.see("publication").items() if item[0][0] == partition)
    start = max((first for (_, first), _ in rows if first <= after + 1), default=0)
    chosen = [(first, positions) for (_, first), positions in rows if first >= start][:blocks]
    events = transaction.see("event")
    return [
        (seq, *events[position].columns())
        for first, positions in chosen
        for seq, position in enumerate(positions, start=first)
        if seq > after
    ]
