"""One batch, one transaction: effects, parked messages and the new places commit together or not at all."""

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any

import asyncpg

from shared.clock import Clock
from shared.consumers.handler import Afterwards, Handler, Item, Parked
from shared.consumers.parking import blocked_keys, park, seal_parked
from shared.consumers.position import Place, Position, Positions
from shared.errors import Fenced
from shared.policies.policy import RawRecord, Source
from shared.privacy.vault import Vault
from shared.telemetry.consumers import CONSUMED, HOLES, PARKED
from shared.telemetry.log import logger
from shared.wire import partition_sequence

log = logger("consumer")

DATA_ERRORS = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
    ValueError,
    TypeError,
    OverflowError,
)
"""Errors that come from a message and not from the state of the world: trying again can't help."""


@dataclass(frozen=True)
class Batch:
    """Takes records into one consumer's handlers.

    `sources` tells how each topic is read. `places` are the positions that this
    process holds, which it alone changes after each commit. `committed` is
    called after each commit, and must return at once.
    """

    consumer: str
    pool: asyncpg.Pool
    handlers: Sequence[Handler]
    sources: Mapping[str, Source[object]]
    clock: Clock
    committed: Callable[[], None]
    vault: Vault | None = None

    async def take(self, records: Sequence[RawRecord], places: dict[Place, Position]) -> int:
        """Handle `records` (each partition's in order) and move the places; return how many messages took effect.

        When the database refuses what a message would write, the records are
        taken one by one, so that only that message is parked.

        Raises:
            Fenced: a partition belongs to another process now. Nothing was written.
            Conflict: another writer was first. Nothing was written; take the records again.
        """
        try:
            return await self._take(records, places)
        except DATA_ERRORS as error:
            if len(records) == 1:
                return await self._take(records, places, refused=error)
        return sum([await self.take([record], places) for record in records])

    async def _take(
        self, records: Sequence[RawRecord], places: dict[Place, Position], refused: Exception | None = None
    ) -> int:
        held = {(record.topic, record.partition) for record in records}
        if not held <= places.keys():  # revoked since the records were read
            raise Fenced(f"{self.consumer} has lost a partition")
        old = {place: places[place] for place in held}
        moved = {place: copy(position) for place, position in old.items()}
        items, parked = self._decode(records, moved)
        positions, now = Positions(self.consumer), self.clock()
        afterwards: Afterwards = []
        async with self.pool.acquire() as connection, connection.transaction():
            if self._place_first:
                await positions.move(connection, old, moved, now)
            if refused:
                parked += [Parked(item, self.consumer, _place_key(item.record), refused) for item in items]
            else:
                parked += await self._apply(connection, items, afterwards)
            if not self._place_first:
                await positions.move(connection, old, moved, now)
            await park(connection, parked, now, await seal_parked(self.vault, parked, self.sources))
        for learn in afterwards:
            learn()
        # A place that was revoked, or taken anew, meanwhile is no longer this one.
        places.update({place: position for place, position in moved.items() if places.get(place) is old[place]})
        self.committed()
        self._report(records, items, parked)
        return len(items)

    @property
    def _place_first(self) -> bool:
        return all(handler.place_first for handler in self.handlers)

    def _decode(self, records: Sequence[RawRecord], moved: Mapping[Place, Position]) -> tuple[list[Item], list[Parked]]:
        items: list[Item] = []
        parked: list[Parked] = []
        for record in records:
            source = self.sources[record.topic]
            position = moved[record.topic, record.partition]
            position.next_offset = record.offset + 1
            try:
                if source.sequenced and not _is_next(position, record):
                    continue
                message = source.decode(record)
            except Exception as error:
                parked.append(Parked(Item(record, None), self.consumer, _place_key(record), error))
            else:
                if message is not None:
                    items.append(Item(record, message))
        return items, parked

    async def _apply(
        self, connection: asyncpg.Connection, items: Sequence[Item], afterwards: Afterwards
    ) -> list[Parked]:
        parked: list[Parked] = []
        chosen = [_choose(handler, items, parked) for handler in self.handlers]
        names = [handler.name for handler in self.handlers]
        named = zip(names, chosen, strict=True)
        blocked = await blocked_keys(connection, ((name, str(key)) for name, pairs in named for key, _ in pairs), names)
        for handler, pairs in zip(self.handlers, chosen, strict=True):
            if pairs:
                parked += await handler.apply(connection, pairs, blocked[handler.name], afterwards)
        return parked

    def _report(self, records: Sequence[RawRecord], items: Sequence[Item], parked: Sequence[Parked]) -> None:
        CONSUMED.labels(self.consumer, "read").inc(len(records))
        CONSUMED.labels(self.consumer, "handled").inc(len(items))
        for item in parked:
            PARKED.labels(item.handler).inc()
            if item.error:
                record = item.item.record
                log.warning(
                    "message.parked",
                    handler=item.handler,
                    topic=record.topic,
                    partition=record.partition,
                    offset=record.offset,
                    error=type(item.error).__name__,
                )


def _choose(handler: Handler, items: Sequence[Item], parked: list[Parked]) -> list[tuple[Any, Item]]:
    pairs = []
    key_of = handler.key
    for item in items:
        try:
            key = key_of(item.message)
        except Exception as error:
            parked.append(Parked(item, handler.name, _place_key(item.record), error))
        else:
            if key is not None:
                pairs.append((key, item))
    return pairs


def _is_next(position: Position, record: RawRecord) -> bool:
    """Take the number that is expected; drop a repeat; drop, and note, what comes after a hole."""
    number = partition_sequence(record)
    position.seen_seq = max(position.seen_seq, number)
    if number == position.next_seq:
        position.next_seq += 1
        return True
    if number > position.next_seq:
        HOLES.labels(record.topic).inc()
        log.error(
            "topic.hole",
            topic=record.topic,
            partition=record.partition,
            expected=position.next_seq,
            found=number,
            next_step=f"rapport republish {record.topic} --partition {record.partition} --from {position.next_seq}",
        )
    return False


def _place_key(record: RawRecord) -> str:
    return f"{record.topic}/{record.partition}/{record.offset}"
