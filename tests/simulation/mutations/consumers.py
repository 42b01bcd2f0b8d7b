"""Consumers that are wrong in one way each."""

from typing import Any
from unittest.mock import patch

from aiokafka import TopicPartition
from msgspec import structs

from shared.consumers import batch, consumer
from shared.consumers import position as place_of
from shared.consumers.position import Position, Positions
from shared.policies.policy import RawRecord
from shared.wire import partition_sequence
from tests.simulation.database import Transaction
from tests.simulation.mutations.mutation import Mutation, statement
from tests.simulation.statements import places
from tests.simulation.world import here


def _unfenced(transaction: Transaction, name: str, *columns: Any) -> Any:
    *moves, _ = columns
    moved = []
    for topic, partition, _, _, _, next_offset, next_seq, seen_seq in sorted(zip(*moves, strict=True)):
        key = (name, topic, partition)
        transaction.lock("consumer_position", key)
        row: places.Place = transaction.newest("consumer_position")[key]
        changed = structs.replace(row, next_offset=next_offset, next_seq=next_seq, seen_seq=seen_seq)
        transaction.put("consumer_position", key, changed)
        moved.append(())
    return moved


def _epoch_alone(row: places.Place | None, item: tuple[Any, ...]) -> bool:
    return row is not None and row.epoch == item[2]


_take = Positions.take
LOOK = "mutation: look"


def _look(transaction: Transaction, name: str, places_: Any) -> Any:
    rows = transaction.see("consumer_position")
    return [(*place, rows[(name, *place)]) for place in places_ if (name, *place) in rows]


async def _place_read_before(self: Positions, database: Any, places_: Any, origins: Any = None) -> Any:
    before = {(row[0], row[1]): row[2] for row in await database.fetch(LOOK, self._consumer, places_)}
    await here().sleep(0.02)
    taken = await _take(self, database, places_, origins)
    return {
        place: Position(now.epoch, before[place].next_offset, before[place].next_seq) if place in before else now
        for place, now in taken.items()
    }


def _repeats_taken(position: Position, record: RawRecord) -> bool:
    number = partition_sequence(record)
    position.seen_seq = max(position.seen_seq, number)
    if number > position.next_seq:
        return False
    position.next_seq = max(position.next_seq, number + 1)
    return True


def _later_taken(position: Position, record: RawRecord) -> bool:
    number = partition_sequence(record)
    position.seen_seq = max(position.seen_seq, number)
    if number < position.next_seq:
        return False
    position.next_seq = number + 1
    return True


_move = Positions.move


async def _moved_outside(self: Positions, connection: Any, old: Any, new: Any, now: Any) -> None:
    await _move(self, connection.pool, old, new, now)


_takeover = consumer._Takeover._take


async def _from_the_end(self: Any, assigned: Any) -> None:
    await _takeover(self, assigned)
    for place in assigned:
        self._consumer.seek(place, len(here().world.broker.log(TopicPartition(*place))))


CONSUMERS = (
    Mutation("a consumer without a fence", ("P4", "P5", "P6"), [statement(place_of.MOVE, _unfenced, "UPDATE")]),
    Mutation(
        "a place read before the takeover, and a fence of epochs alone",
        ("P4", "P5", "P6"),
        [
            patch.object(places, "stands", _epoch_alone),
            patch.object(Positions, "take", _place_read_before),
            statement(LOOK, _look),
        ],
    ),
    Mutation("repeats are taken", ("P4", "P5", "P6"), [patch.object(batch, "_is_next", _repeats_taken)]),
    Mutation("what comes after a hole is taken", ("P4", "P5", "P6"), [patch.object(batch, "_is_next", _later_taken)]),
    Mutation(
        "the place moves in another transaction",
        ("P3", "P4", "P5", "P6"),
        [patch.object(Positions, "move", _moved_outside)],
    ),
    Mutation(
        "reading begins at the topic's end", ("rest",), [patch.object(consumer._Takeover, "_take", _from_the_end)]
    ),
)
