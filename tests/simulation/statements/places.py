"""The consumers' places: taken over, moved behind their fence, and noted as current."""

from datetime import datetime
from typing import Any

from msgspec import Struct, structs

from shared.consumers import freshness, position
from tests.simulation.database import Transaction
from tests.simulation.statements.registry import Rows, means


class Place(Struct, frozen=True, gc=False):
    """A row of `consumer_position`."""

    epoch: int
    next_offset: int
    next_seq: int
    seen_seq: int
    origin: str | None
    moved_at: datetime | None = None
    current_at: int | None = None


@means(position.TAKE, "INSERT")
def take(
    transaction: Transaction, consumer: str, topics: list[str], partitions: list[int], origins: list[str | None]
) -> Rows:
    asked = sorted(zip(topics, partitions, origins, strict=True), key=lambda item: item[:2])
    for topic, partition, _ in asked:
        transaction.lock("consumer_position", (consumer, topic, partition))
    found = []
    for topic, partition, origin in asked:
        key = (consumer, topic, partition)
        row: Place | None = transaction.newest("consumer_position").get(key)
        if row is None:
            row = Place(1, 0, 1, 0, origin)
        else:
            other = row.origin is not None and origin is not None and row.origin != origin
            row = structs.replace(
                row,
                epoch=row.epoch + 1,
                next_offset=0 if other else row.next_offset,
                origin=row.origin if origin is None else origin,
            )
        transaction.put("consumer_position", key, row)
        found.append((topic, partition, row.epoch, row.next_offset, row.next_seq))
    return found


@means(position.MOVE, "UPDATE")
def move(transaction: Transaction, consumer: str, *columns: Any) -> Rows:
    """Do what MOVE does: only rows that are where, and whose, the caller says; seen before the wait, and after it."""
    *moves, now = columns
    asked = sorted(zip(*moves, strict=True), key=lambda item: item[:2])
    seen = transaction.see("consumer_position")
    mine = [item for item in asked if stands(seen.get((consumer, *item[:2])), item)]
    for item in mine:
        transaction.lock("consumer_position", (consumer, *item[:2]))
    newest = transaction.newest("consumer_position")
    moved = []
    for item in mine:
        key = (consumer, *item[:2])
        row: Place = newest[key]
        if stands(row, item):
            changed = Place(row.epoch, item[5], item[6], item[7], row.origin, now, row.current_at)
            transaction.put("consumer_position", key, changed)
            moved.append(())
    return moved


def stands(row: Place | None, item: tuple[Any, ...]) -> bool:
    """Tell whether the row is still the caller's, where the caller left it."""
    return row is not None and (row.epoch, row.next_offset, row.next_seq) == item[2:5]


@means(freshness.NOTE, "UPDATE")
def note(transaction: Transaction, consumer: str, *columns: Any) -> Rows:
    noted = []
    for topic, partition, epoch, milliseconds in sorted(zip(*columns, strict=True)):
        key = (consumer, topic, partition)
        transaction.lock("consumer_position", key)
        row: Place | None = transaction.newest("consumer_position").get(key)
        if row is not None and row.epoch == epoch:
            transaction.put("consumer_position", key, structs.replace(row, current_at=milliseconds))
            noted.append(())
    return noted
