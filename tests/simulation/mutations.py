"""Planted faults of the protocols, one at a time: what the simulation must be able to see."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple
from unittest.mock import patch

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from shared.consumers import batch, consumer, parking, parking_lot
from shared.consumers import position as place_of
from shared.consumers.position import Position, Positions
from shared.http import calls
from shared.policies.policy import RawRecord
from shared.relay import sequence
from shared.relay.relay import Relay
from shared.relay.send import Sent
from shared.relay.sequence import Sequencer, read_events, read_range
from shared.store.postgres import PostgresEventStore
from shared.views.handler import ViewHandler
from shared.wire import partition_sequence
from tests.simulation.database import Transaction
from tests.simulation.statements import KNOWN, Statement, log, places, publication
from tests.simulation.world import here

Patch = Any


class Mutation(NamedTuple):
    """A protocol that is wrong in one way, and the promises of which one must be seen broken."""

    name: str
    broken: tuple[str, ...]
    patches: Sequence[Patch]

    @contextmanager
    def planted(self) -> Iterator[None]:
        """Have it in place inside."""
        with ExitStack() as stack:
            for each in self.patches:
                stack.enter_context(each)
            yield


def _statement(query: str, work: Callable[..., Any], tag: str = "SELECT") -> Patch:
    return patch.dict(KNOWN, {query: Statement(work, tag)})


# The relay.


def _by_position(transaction: Transaction, partitions: Any, epochs: Any, acked: Any, limit: int, offsets: Any) -> Any:
    mine = publication.own_partitions(transaction, partitions, epochs, acked, offsets)
    numbered = [position for positions in transaction.see("publication").values() for position in positions]
    last = max(numbered, default=0)
    events = sorted((event.position, event.partition) for event in transaction.see("event").values())
    taken: dict[int, list[int]] = {}
    for position, partition in [item for item in events if item[0] > last][:limit]:
        taken.setdefault(partition, []).append(position)
    for position in transaction.see("outbox"):
        transaction.delete("outbox", position)
    return publication.publish(transaction, mine, taken)


def _no_epoch(transaction: Transaction, partitions: Any, epochs: Any, acked: Any, limit: int, offsets: Any) -> Any:
    for partition in partitions:
        transaction.lock("relay_partition", partition)
    now = [transaction.newest("relay_partition")[partition].epoch for partition in partitions]
    mine = [(partition, ack, offset) for partition, ack, offset in zip(partitions, acked, offsets, strict=True)]
    taken = publication.take_outbox(transaction, set(partitions), limit)
    return publication.publish(transaction, mine, taken) if now else []


async def _at_once(self: Sent) -> Mapping[int, int]:
    return self._last


_acknowledged = Sent.acknowledged


async def _whatever_fails(self: Sent) -> Mapping[int, int]:
    try:
        return await _acknowledged(self)
    except KafkaError:
        return {}


async def _no_resend(*_: object) -> None:
    """Begin with what is new."""


async def _resend_unnoted(self: Relay, sequencer: Sequencer, sender: Any, leads: Any) -> None:
    for partition, lead in leads.items():
        for number in range(lead.acked_seq + 1, lead.next_seq):
            sent = await sender.send(await read_range(self._pool, partition, number, number))
            await sent.acknowledged()


TAKE_FIRST, PUBLISH_THEN = "mutation: take", "mutation: publish"


def _take_first(transaction: Transaction, partitions: Any, limit: int) -> Any:
    return list(publication.take_outbox(transaction, set(partitions), limit).items())


def _publish_then(transaction: Transaction, partitions: Any, epochs: Any, acked: Any, offsets: Any, taken: Any) -> Any:
    mine = publication.own_partitions(transaction, partitions, epochs, acked, offsets)
    return publication.publish(transaction, mine, taken)


async def _in_two_transactions(self: Sequencer, limit: int) -> Any:
    acked = [self.acked[partition] for partition in self.partitions]
    offsets = [self.acked_offsets.get(partition) for partition in self.partitions]
    taken = dict(await self._pool.fetch(TAKE_FIRST, self.partitions, limit))
    epochs = self._epochs_in_order()
    rows = await self._pool.fetch(PUBLISH_THEN, self.partitions, epochs, acked, offsets, taken)
    numbered = {
        position: (partition, seq)
        for partition, first, positions in rows
        for seq, position in enumerate(positions or (), start=first)
    }
    return await read_events(self._pool, numbered)


# The store.


def _any_version(transaction: Transaction, stream: str, _: int) -> bool:
    transaction.lock("stream", stream)
    return True


_append = PostgresEventStore.append


async def _answer_after(self: PostgresEventStore, *appends: Any, once: Any = None) -> Any:
    versions = await _append(self, *appends) if appends else []
    if once:
        await _append(self, once=once)
    return versions


async def _answer_kept_apart(self: PostgresEventStore, *appends: Any, once: Any = None) -> Any:
    if once:
        await _append(self, once=once)
    return await _append(self, *appends) if appends else []


class _Never(Exception):
    """Nothing raises it."""


# The consumers.


def _unfenced(transaction: Transaction, name: str, *columns: Any) -> Any:
    *moves, _ = columns
    moved = []
    for topic, partition, _, _, _, next_offset, next_seq, seen_seq in sorted(zip(*moves, strict=True)):
        key = (name, topic, partition)
        transaction.lock("consumer_position", key)
        row: places.Place = transaction.newest("consumer_position")[key]
        changed = row._replace(next_offset=next_offset, next_seq=next_seq, seen_seq=seen_seq)
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


# Views and parking.


async def _nothing_blocks(_: Any, __: Any, handlers: Sequence[str]) -> Mapping[str, frozenset[str]]:
    return {handler: frozenset() for handler in handlers}


async def _nothing_kept(*_: object) -> None:
    """Skip in silence what can't be handled."""


_key = ViewHandler.key


def _partition_waits(self: ViewHandler, message: Any) -> str | None:
    return None if _key(self, message) is None else str(message.partition)


def _blocked_unshared(transaction: Transaction, handlers: list[str], keys: list[str]) -> Any:
    return [pair for pair in zip(handlers, keys, strict=True) if pair in transaction.see("parked_key")]


def _unlocked(*_: object) -> Any:
    return []


MUTATIONS = (
    Mutation("the relay reads by position", ("P4",), [_statement(sequence.SEQUENCE, _by_position)]),
    Mutation("numbers are given under no epoch", ("rest", "P4"), [_statement(sequence.SEQUENCE, _no_epoch)]),
    Mutation("acknowledged before the broker said so", ("rest",), [patch.object(Sent, "acknowledged", _at_once)]),
    Mutation("a failed send is passed over", ("rest",), [patch.object(Sent, "acknowledged", _whatever_fails)]),
    Mutation("a new leader sends nothing again", ("rest",), [patch.object(Relay, "_resend", _no_resend)]),
    Mutation("what was sent again isn't noted", ("rest",), [patch.object(Relay, "_resend", _resend_unnoted)]),
    Mutation(
        "the outbox is emptied before the numbers are written",
        ("P4",),
        [
            patch.object(Sequencer, "next_batch", _in_two_transactions),
            _statement(TAKE_FIRST, _take_first),
            _statement(PUBLISH_THEN, _publish_then),
        ],
    ),
    Mutation("a stream's version isn't looked at", ("P3", "P2"), [patch.object(log, "at_version", _any_version)]),
    Mutation(
        "an answer is stored after its events",
        ("P2", "P3"),
        [patch.object(PostgresEventStore, "append", _answer_after)],
    ),
    Mutation(
        "an answer is stored before its events",
        ("P1",),
        [patch.object(PostgresEventStore, "append", _answer_kept_apart)],
    ),
    Mutation(
        "a repeat that meets its own effect is refused",
        ("P2", "P3"),
        [patch.object(calls, "Conflict", _Never), patch.object(calls, "Rejected", _Never)],
    ),
    Mutation("a consumer without a fence", ("P4", "P5"), [_statement(place_of.MOVE, _unfenced, "UPDATE")]),
    Mutation(
        "a place read before the takeover, and a fence of epochs alone",
        ("P4", "P5"),
        [
            patch.object(places, "stands", _epoch_alone),
            patch.object(Positions, "take", _place_read_before),
            _statement(LOOK, _look),
        ],
    ),
    Mutation("repeats are taken", ("P4", "P5"), [patch.object(batch, "_is_next", _repeats_taken)]),
    Mutation("what comes after a hole is taken", ("P4", "P5"), [patch.object(batch, "_is_next", _later_taken)]),
    Mutation(
        "the place moves in another transaction",
        ("P3", "P4", "P5", "P6"),
        [patch.object(Positions, "move", _moved_outside)],
    ),
    Mutation(
        "reading begins at the topic's end", ("rest",), [patch.object(consumer._Takeover, "_take", _from_the_end)]
    ),
    Mutation(
        "a parked key lets later messages pass",
        ("P4", "P5", "P6"),
        [patch.object(batch, "blocked_keys", _nothing_blocks)],
    ),
    Mutation(
        "what can't be handled is skipped in silence", ("P4", "P5", "P6"), [patch.object(batch, "park", _nothing_kept)]
    ),
    Mutation("the whole partition waits", ("P5", "P6"), [patch.object(ViewHandler, "key", _partition_waits)]),
    Mutation(
        "a retry doesn't hold its key",
        ("P5", "P6", "rest"),
        [
            _statement(parking_lot.LOCK_KEY, _unlocked),
            _statement(parking.BLOCKED, _blocked_unshared),
        ],
    ),
)
