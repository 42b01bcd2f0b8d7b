"""The event store's statements that write: take the stream, draw positions, write events, outbox, answer and timer."""

from datetime import datetime
from functools import partial
from typing import Any

import asyncpg
from msgspec import Struct, structs

from shared.store import statements as sql
from tests.simulation.database import Blocked, Transaction
from tests.simulation.statements.registry import KNOWN, Rows, Statement, means


class Event(Struct, frozen=True, gc=False):
    """A row of `event`."""

    position: int
    stream: str
    version: int
    type: str
    schema: int
    partition: int
    subject: str
    data: str
    meta: str
    occurred_at: datetime
    recorded_at: datetime

    def columns(self) -> tuple[Any, ...]:
        """Return the columns that the store reads, in its order."""
        return (
            self.stream,
            self.version,
            self.position,
            self.partition,
            self.subject,
            self.type,
            self.schema,
            self.data,
            self.occurred_at,
            self.recorded_at,
            self.meta,
        )


class Stale(asyncpg.PostgresError):  # type: ignore[misc] # asyncpg carries no types
    """What `append_events` raises."""

    sqlstate = "RP412"


class UniqueViolation(asyncpg.UniqueViolationError):  # type: ignore[misc] # as above
    """Which table's key was there already."""

    def __init__(self, table_name: str) -> None:
        super().__init__(f"duplicate key in {table_name}")
        self.table_name = table_name


def append_one(transaction: Transaction, *given: Any, create: bool, once: bool, timing: sql.Timing) -> Rows:
    """Do what APPEND_ONE does: nothing at all unless the stream's head could be taken."""
    stream, version, type_, schema, subject, data, meta, occurred_at, recorded_at, last = given[:10]
    expected, first = (0, last) if create else (last, 0)
    # A statement that has to wait begins again: all that may be waited for is locked before anything is written.
    if once and at_version(transaction, stream, expected):
        transaction.lock("idempotency", given[10])
    partition = take_head(transaction, stream, expected, version, first)
    if partition is None:
        return []
    if once:
        keep_answer(transaction, *given[10:14])
    event = Event(0, stream, version, type_, schema, partition, subject, data, meta, occurred_at, recorded_at)
    write(transaction, event)
    if timing is sql.Timing.MOVE:
        transaction.put("timer", stream, given[-1])
    elif timing is sql.Timing.CANCEL:
        transaction.delete("timer", stream)
    return [()]


def at_version(transaction: Transaction, stream: str, expected: int) -> bool:
    """Lock the head, and tell whether it is there."""
    transaction.lock("stream", stream)
    head = transaction.newest("stream").get(stream)
    return bool((head[0] if head else 0) == expected)


def take_head(transaction: Transaction, stream: str, expected: int, version: int, partition: int) -> int | None:
    """Advance the head from `expected` alone, and return the stream's partition; None when it is elsewhere."""
    if not at_version(transaction, stream, expected):
        return None
    head = transaction.newest("stream").get(stream)
    partition = head[1] if head else partition
    transaction.put("stream", stream, (version, partition))
    return partition


def write(transaction: Transaction, event: Event) -> int:
    """Draw the event's position, and write it with its row of the outbox."""
    position = transaction.next("position")
    transaction.put("event", position, structs.replace(event, position=position))
    transaction.put("outbox", position, event.partition)
    return position


for (_create, _once, _timing), _query in sql.APPEND_ONE.items():
    KNOWN[_query] = Statement(partial(append_one, create=_create, once=_once, timing=_timing), "INSERT 0")


@means(sql.APPEND_MANY)
def append_many(transaction: Transaction, *columns: Any) -> Rows:
    """Do what `append_events` does: heads by name, the new ones first; then the events."""
    heads = sorted(zip(*columns[:4], strict=True))
    for stream, expected, _, _ in sorted(heads, key=lambda head: (head[1] > 0, head[0])):
        if not at_version(transaction, stream, expected):
            raise Stale("stale")
    partitions = {}
    for stream, expected, version, partition in heads:
        partitions[stream] = take_head(transaction, stream, expected, version, partition) or 0
    for stream, version, type_, schema, subject, data, meta, occurred_at, recorded_at in zip(*columns[4:], strict=True):
        partition = partitions[stream]
        write(
            transaction,
            Event(0, stream, version, type_, schema, partition, subject, data, meta, occurred_at, recorded_at),
        )
    return [()]


@means(sql.APPEND_MANY_TIMED)
def append_many_timed(transaction: Transaction, *columns: Any) -> Rows:
    """As above, and the streams' timers with it."""
    append_many(transaction, *columns[:13])
    for stream, due_at in zip(*columns[13:], strict=True):
        transaction.put("timer", stream, due_at)
    return [()]


@means(sql.LEAVE_ABSENT, "DELETE")
def leave_absent(transaction: Transaction, streams: list[str]) -> Rows:
    """Take away the heads of streams that have no events."""
    for stream in streams:
        transaction.delete("stream", stream)
    return [()] * len(streams)


@means(sql.APPEND_EACH)
def append_each(transaction: Transaction, *columns: Any) -> Rows:
    """Do what `append_each` does: what can't be taken at once is left out; who would wait for a new row gives up."""
    heads = {owner: head for owner, head in enumerate(zip(*columns[:8], strict=True), 1) if free(transaction, head)}
    stored = {head[0]: owner for owner, head in heads.items()}
    answers = [answer for stream, *answer in zip(*columns[15:], strict=True) if stream in stored]
    for key, *_ in answers:
        at_once(transaction, "idempotency", key)
    partitions = {owner: take_head(transaction, *head[:4]) or 0 for owner, head in heads.items()}
    for owner, version, *rest in zip(*columns[8:13], strict=True):
        if owner in heads:
            stream, _, _, _, subject, meta, occurred_at, recorded_at = heads[owner]
            type_, schema, data = rest
            place = partitions[owner]
            write(
                transaction,
                Event(0, stream, version, type_, schema, place, subject, data, meta, occurred_at, recorded_at),
            )
    for stream, due_at in zip(*columns[13:15], strict=True):
        if stream in stored:
            transaction.put("timer", stream, due_at)
    for answer in answers:
        keep_answer(transaction, *answer)
    return [(list(stored),)]


def free(transaction: Transaction, head: tuple[Any, ...]) -> bool:
    """Tell whether the head could be taken at once and is at its expected version."""
    try:
        return at_version(transaction, head[0], head[1])
    except Blocked:
        transaction.waits_for = None
        if head[1] == 0 and head[0] not in transaction.newest("stream"):
            raise asyncpg.LockNotAvailableError("another transaction is making it") from None
        return False


def at_once(transaction: Transaction, table: str, key: str) -> None:
    """Lock the place of a new row, and give up where another transaction holds it."""
    try:
        transaction.lock(table, key)
    except Blocked:
        transaction.waits_for = None
        raise asyncpg.LockNotAvailableError("another transaction is making it") from None


@means(sql.KEEP_ANSWER, "INSERT")
def keep_answer(transaction: Transaction, key: str, fingerprint: str, answer: bytes, expires_at: datetime) -> Rows:
    """Store the answer; raise where the key is there."""
    transaction.lock("idempotency", key)
    if key in transaction.newest("idempotency"):
        raise UniqueViolation("idempotency")
    transaction.put("idempotency", key, (fingerprint, answer, expires_at))
    return [()]


@means(sql.KEEP_ANSWERS, "INSERT")
def keep_answers(
    transaction: Transaction, keys: list[str], fingerprints: list[str], answers: list[bytes], expire_at: list[datetime]
) -> Rows:
    """Store the answers; raise where a key of them is there."""
    for answer in zip(keys, fingerprints, answers, expire_at, strict=True):
        keep_answer(transaction, *answer)
    return [()] * len(keys)


@means(sql.ANSWERED)
def answered(transaction: Transaction, key: str) -> Rows:
    row = transaction.see("idempotency").get(key)
    return [row] if row else []


@means(sql.FORGET_EXPIRED, "DELETE")
def forget_expired(transaction: Transaction, key: str, now: datetime) -> Rows:
    transaction.lock("idempotency", key)
    row = transaction.newest("idempotency").get(key)
    if row is None or row[2] > now:
        return []
    transaction.delete("idempotency", key)
    return [()]
