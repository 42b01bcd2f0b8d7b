"""Relays that are wrong in one way each."""

from collections.abc import Mapping
from typing import Any
from unittest.mock import patch

from aiokafka.errors import KafkaError

from shared.relay import sequence
from shared.relay.floor import Floor
from shared.relay.relay import Relay
from shared.relay.send import Sent
from shared.relay.sequence import Sequencer, read_events, read_range
from tests.simulation.database import Transaction
from tests.simulation.mutations.mutation import Mutation, statement
from tests.simulation.statements import publication


def _by_position(
    transaction: Transaction, partitions: Any, epochs: Any, acked: Any, limit: int, offsets: Any, at: Any, _: int
) -> Any:
    mine = publication.own_partitions(transaction, partitions, epochs, acked, offsets, at)
    numbered = [position for positions in transaction.see("publication").values() for position in positions]
    last = max(numbered, default=0)
    events = sorted((event.position, event.partition) for event in transaction.see("event").values())
    taken: dict[int, list[int]] = {}
    for position, partition in [item for item in events if item[0] > last][:limit]:
        taken.setdefault(partition, []).append(position)
    for position in transaction.see("outbox"):
        transaction.delete("outbox", position)
    return publication.publish(transaction, mine, taken)


def _no_epoch(transaction: Transaction, partitions: Any, _: Any, acked: Any, limit: int, offsets: Any, *__: Any) -> Any:
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


def _publish_then(
    transaction: Transaction, partitions: Any, epochs: Any, acked: Any, offsets: Any, at: Any, taken: Any
) -> Any:
    mine = publication.own_partitions(transaction, partitions, epochs, acked, offsets, at)
    return publication.publish(transaction, mine, taken)


async def _in_two_transactions(self: Sequencer, limit: int) -> Any:
    acked = [self.acked[partition] for partition in self.partitions]
    offsets = [self.acked_offsets.get(partition) for partition in self.partitions]
    taken = dict(await self._database.fetch(TAKE_FIRST, self.partitions, limit))
    epochs, at = self._in_order(self._epochs), self._in_order(self._places)
    rows = await self._database.fetch(PUBLISH_THEN, self.partitions, epochs, acked, offsets, at, taken)
    self._places.update({row[0]: row[3] for row in rows})
    numbered: dict[int, tuple[int, int]] = {
        position: (partition, seq)
        for partition, first, positions, *_ in rows
        for seq, position in enumerate(positions or (), start=first)
    }
    return await read_events(self._database, numbered)


def _too_high(self: Floor, taken: Any, **_: Any) -> None:
    self.position = max(taken, default=self.position)


_looked = Floor.looked


def _too_soon(self: Floor, taken: Any, *, full: bool, number: int, oldest: int) -> None:
    """As if only those could have drawn a lower position who had begun before the oldest that was running."""
    _looked(self, taken, full=full, number=min(number, oldest), oldest=oldest)


RELAY = (
    Mutation("the relay reads by position", ("P4",), [statement(sequence.SEQUENCE, _by_position)]),
    Mutation("numbers are given under no epoch", ("rest", "P4"), [statement(sequence.SEQUENCE, _no_epoch)]),
    Mutation("the floor is the last position taken", ("rest",), [patch.object(Floor, "looked", _too_high)]),
    Mutation("the floor rises while somebody runs", ("rest",), [patch.object(Floor, "looked", _too_soon)]),
    Mutation("acknowledged before the broker said so", ("rest",), [patch.object(Sent, "acknowledged", _at_once)]),
    Mutation("a failed send is passed over", ("rest",), [patch.object(Sent, "acknowledged", _whatever_fails)]),
    Mutation("a new leader sends nothing again", ("rest",), [patch.object(Relay, "_resend", _no_resend)]),
    Mutation("what was sent again isn't noted", ("rest",), [patch.object(Relay, "_resend", _resend_unnoted)]),
    Mutation(
        "the outbox is emptied before the numbers are written",
        ("P4",),
        [
            patch.object(Sequencer, "next_batch", _in_two_transactions),
            statement(TAKE_FIRST, _take_first),
            statement(PUBLISH_THEN, _publish_then),
        ],
    ),
)
