"""Transactions in words, for a trace."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

Tables = Mapping[str, Mapping[Any, Any]]


def told(writes: Tables, before: Tables) -> Iterator[str]:
    """Yield a line for each thing that a transaction changed, as far as it shows in words."""
    for table, rows in writes.items():
        tell = TELL.get(table)
        for key, row in rows.items() if tell else ():
            line, was = tell(key, row), before[table].get(key)  # type: ignore[misc] # it is there
            if was is None or row is None or line != tell(key, was):  # type: ignore[misc] # as above
                yield line


def _event(position: int, event: Any) -> str:
    about = msgspec.json.decode(event.data)
    return f"{event.stream}@{event.version} at position {position}: {event.type} {next(iter(about.values()))}"


def _outbox(position: int, row: Any) -> str:
    return f"position {position} {'leaves the outbox' if row is None else f'waits for its number in {row}'}"


def _publication(key: tuple[int, int], positions: Any) -> str:
    partition, first = key
    last = first + len(positions) - 1
    return f"numbers {first} to {last} of partition {partition}: positions {list(positions)}"


def _lead(partition: int, row: Any) -> str:
    return f"partition {partition}: epoch {row.epoch}, next number {row.next_seq}, acknowledged {row.acked_seq}"


def _place(key: tuple[str, str, int], row: Any) -> str:
    name, _, partition = key
    return f"{name} at {partition}: epoch {row.epoch}, next offset {row.next_offset}, next number {row.next_seq}"


def _row(key: str, row: Any) -> str:
    return f"row {key}: {'gone' if row is None else row[1]}"


def _parked(number: int, row: Any) -> str:
    return f"parked {number} leaves" if row is None else f"parked {number} under {row['handler']}/{row['key']}"


def _parked_key(key: tuple[str, str], row: Any) -> str:
    return f"key {'/'.join(key)} {'is free' if row is None else 'waits'}"


TELL: Mapping[str, Any] = {
    "event": _event,
    "outbox": _outbox,
    "publication": _publication,
    "relay_partition": _lead,
    "consumer_position": _place,
    "by_stream": _row,
    "by_subject": _row,
    "parked": _parked,
    "parked_key": _parked_key,
}
