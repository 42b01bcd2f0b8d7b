"""The relay's statements: lead, give numbers, read what was numbered."""

from datetime import datetime
from functools import lru_cache
from typing import Any

from msgspec import Struct, structs

from shared.relay import ahead, republish, sequence
from tests.simulation.database import Transaction
from tests.simulation.statements.log import Event, UniqueViolation
from tests.simulation.statements.registry import KNOWN, Rows, Statement, means, nothing


class Lead(Struct, frozen=True, gc=False):
    """A row of `relay_partition`."""

    epoch: int = 0
    next_seq: int = 1
    acked_seq: int = 0
    origin: str | None = None
    acked_offset: int | None = None
    topic_seq: int = 0
    first_offset: int = 0
    place: int = 0
    """Where this version of the row is: each has a place of its own."""


def update(transaction: Transaction, partition: int, row: Lead, **changes: Any) -> int:
    """Write a new version of the row; return its place."""
    place = transaction.next("place")
    transaction.put("relay_partition", partition, structs.replace(row, place=place, **changes))
    return place


@means(sequence.LEAD, "UPDATE")
def lead(transaction: Transaction, partitions: tuple[int, ...]) -> Rows:
    for partition in partitions:
        transaction.lock("relay_partition", partition)
    found = []
    for partition in partitions:
        row: Lead = transaction.newest("relay_partition")[partition]
        place = update(transaction, partition, row, epoch=row.epoch + 1)
        found.append((partition, row.epoch + 1, row.acked_seq, row.next_seq, place))
    return found


@means(sequence.LOOKED, "UPDATE")
def looked(
    transaction: Transaction, partitions: tuple[int, ...], epochs: list[int], last: list[int], origin: str
) -> Rows:
    for partition in partitions:
        transaction.lock("relay_partition", partition)
    found = []
    for partition, epoch, offset in zip(partitions, epochs, last, strict=True):
        row: Lead = transaction.newest("relay_partition")[partition]
        if row.epoch == epoch:
            place = update(transaction, partition, row, origin=origin, acked_offset=offset)
            found.append((partition, place))
    return found


@means(sequence.SEQUENCE)
def sequence_(
    transaction: Transaction,
    partitions: tuple[int, ...],
    epochs: list[int],
    acked: list[int],
    limit: int,
    offsets: list[int | None],
    places: list[int],
    floor: int,
) -> Rows:
    """Do what SEQUENCE does. Where it had to wait for a leader's row, it goes on with what it saw before it waited."""
    mine = own_partitions(transaction, partitions, epochs, acked, offsets, places)
    taken = take_outbox(transaction, {partition for partition, _, _ in mine}, limit, floor)
    return publish(transaction, mine, taken)


Mine = list[tuple[int, int, int | None]]


def own_partitions(
    transaction: Transaction,
    partitions: Any,
    epochs: list[int],
    acked: list[int],
    offsets: list[int | None],
    places: list[int],
) -> Mine:
    """Lock the partitions that are still led under these epochs, and whose rows are where they were."""
    seen = transaction.see("relay_partition")
    asked = sorted(zip(partitions, epochs, acked, offsets, places, strict=True), key=lambda item: item[0])
    stands = [item for item in asked if (seen[item[0]].epoch, seen[item[0]].place) == (item[1], item[4])]
    for partition, *_ in stands:
        transaction.lock("relay_partition", partition)
    newest = transaction.newest("relay_partition")
    return [(partition, ack, offset) for partition, _, ack, offset, place in stands if newest[partition].place == place]


def take_outbox(transaction: Transaction, partitions: set[int], limit: int, floor: int = 0) -> dict[int, list[int]]:
    """Delete the oldest rows of these partitions above the floor that are there still; return their positions."""
    rows = transaction.see("outbox").items()
    seen = sorted(item for item in rows if item[0] > floor and item[1] in partitions)[:limit]
    for position, _ in seen:
        transaction.lock("outbox", position)
    taken: dict[int, list[int]] = {}
    left = transaction.newest("outbox")
    for position, partition in seen:
        if position in left:
            transaction.delete("outbox", position)
            taken.setdefault(partition, []).append(position)
    return taken


def publish(transaction: Transaction, mine: Mine, taken: dict[int, list[int]]) -> Rows:
    """Give the numbers and write them down; note what the broker has. A row that stays as it is keeps its place."""
    found = []
    for partition, acked, offset in mine:
        row: Lead = transaction.newest("relay_partition")[partition]
        positions = tuple(taken.get(partition, ()))
        reached = row.acked_offset if offset is None else offset
        place = row.place
        if positions or (acked, reached) != (row.acked_seq, row.acked_offset):
            after = row.next_seq + len(positions)
            place = update(transaction, partition, row, next_seq=after, acked_seq=acked, acked_offset=reached)
        if positions:
            number(transaction, partition, row.next_seq, positions)
        found.append(
            (partition, row.next_seq, positions or None, place, transaction.number, transaction.oldest),
        )
    return found


def number(transaction: Transaction, partition: int, first: int, positions: tuple[int, ...]) -> None:
    """Write one row of the publication log."""
    transaction.lock("publication", (partition, first))
    if (partition, first) in transaction.newest("publication"):
        raise UniqueViolation("publication")
    transaction.put("publication", (partition, first), positions)


@means(sequence.WAITING)
def waiting(transaction: Transaction, partitions: tuple[int, ...], floor: int) -> Rows:
    rows = transaction.see("outbox").items()
    return [(any(position > floor and partition in partitions for position, partition in rows),)]


@means(sequence.READ_POSITIONS)
def read_positions(transaction: Transaction, positions: list[int]) -> Rows:
    events = transaction.see("event")
    return [wire_columns(events[position]) for position in sorted(positions) if position in events]


def wire_columns(event: Event) -> tuple[Any, ...]:
    """Return WIRE_COLUMNS of the event."""
    return (
        event.partition,
        event.subject.encode(),
        event.data.encode(),
        event.type,
        event.schema,
        event.stream.encode(),
        event.version,
        event.position,
        _text(event.occurred_at),
        _text(event.recorded_at),
        event.recorded_at.timestamp(),
        None if event.meta == "{}" else event.meta,
    )


@lru_cache(maxsize=4096)
def _text(moment: datetime) -> bytes:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ").encode()


@means(sequence.READ_RANGE)
def read_range(transaction: Transaction, partition: int, first: int, last: int) -> Rows:
    rows = sorted(item for item in transaction.see("publication").items() if item[0][0] == partition)
    start = max((seq for (_, seq), _ in rows if seq <= first), default=0)
    return [(seq, positions) for (_, seq), positions in rows if start <= seq <= last]


@means(ahead.LEDS)
def leds(transaction: Transaction) -> Rows:
    rows = sorted(transaction.see("relay_partition").items())
    return [(partition, row.origin, row.acked_offset) for partition, row in rows]


@means(ahead.NUMBERED)
def numbered(transaction: Transaction) -> Rows:
    return [(partition, row.next_seq) for partition, row in sorted(transaction.see("relay_partition").items())]


@means(ahead.NOTE, "UPDATE")
def note(transaction: Transaction, partitions: list[int], numbers: list[int]) -> Rows:
    for partition, seq in zip(partitions, numbers, strict=True):
        transaction.lock("relay_partition", partition)
        row: Lead = transaction.newest("relay_partition")[partition]
        if row.topic_seq < seq:
            update(transaction, partition, row, topic_seq=seq)
    return []


@means(republish.NUMBERED)
def next_number(transaction: Transaction, partition: int) -> Rows:
    return [(transaction.see("relay_partition")[partition].next_seq,)]


@means(republish.HOLD)
def hold(transaction: Transaction, partition: int) -> Rows:
    transaction.lock("relay_partition", partition)
    return [(transaction.newest("relay_partition")[partition].next_seq,)]


@means(republish.BEGINS, "UPDATE")
def begins(transaction: Transaction, partition: int, offset: int) -> Rows:
    transaction.lock("relay_partition", partition)
    row: Lead = transaction.newest("relay_partition")[partition]
    update(transaction, partition, row, first_offset=offset)
    return [()]


KNOWN[republish.PATIENCE] = Statement(nothing, "SET")
KNOWN[sequence.WITHOUT_SCANS] = KNOWN[sequence.WITH_SCANS] = Statement(nothing, "SET")
