"""The event store's contract: what is appended, what is read, and what holds when either returns."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from msgspec import UNSET, Struct, UnsetType

from shared.privacy.vault import Vault

PARTITIONS = 12
"""Partitions of every topic and log. Never changed in place: the partition is stored with each event."""


class Context(Struct, frozen=True):
    """What surrounds an event: when it happened in the world, who did it, and what led to it."""

    occurred_at: datetime
    recorded_at: datetime
    actor: str | None = None
    correlation: str | None = None
    causation: str | None = None
    traceparent: str | None = None


class Moment(Struct, frozen=True):
    """Which events count: what had happened by `as_of`, of what had been recorded by `known_at` (None: all)."""

    as_of: datetime | None = None
    known_at: datetime | None = None

    @property
    def past(self) -> bool:
        """Whether it leaves anything out: one of the two times is given."""
        return self.as_of is not None or self.known_at is not None

    def covers(self, event: "Recorded") -> bool:
        """Tell whether the event counts; both bounds are inclusive."""
        return (self.as_of is None or event.occurred_at <= self.as_of) and (
            self.known_at is None or event.recorded_at <= self.known_at
        )


NOW = Moment()
"""Everything that is in the log."""


class Append(Struct, frozen=True):
    """New events for one stream, which must be at version `expected` (0 = must not exist yet).

    Without events, it only holds the stream to that until the others are stored, though it doesn't exist.
    `subject` is the customer (or the stream's own name where there is none); of the first events it
    chooses the partition when the stream begins, and the stream then keeps it.
    `wakes_at` moves the stream's timer (None cancels it) with the events; of
    several appends to one stream the last that says something counts.
    """

    stream: str
    expected: int
    subject: str
    events: Sequence[Any]
    context: Context
    wakes_at: UnsetType | datetime | None = UNSET


class Recorded(Struct, frozen=True):
    """One event as the log holds it. `stream@version` is its identity, here and on the wire.

    `data` is the event's JSON, `event` the struct that it decodes to (None where
    a catalogue of everything reads it as JSON alone). `number` is its gap-free
    number in the partition, where it was read in publication order.
    """

    service: str
    stream: str
    version: int
    position: int
    partition: int
    subject: str
    type: str
    schema_version: int
    event: Any
    data: bytes | str
    occurred_at: datetime
    recorded_at: datetime
    meta: Mapping[str, Any]
    number: int | None = None

    @property
    def id(self) -> str:
        """The event's name everywhere: `<stream>@<version>`."""
        return f"{self.stream}@{self.version}"


class Mark(Struct, frozen=True):
    """An event of a stream, and when it was recorded, to the microsecond: by both it is known again.

    At the same version another may come to stand: where the one was rolled back, or a database lost its last
    transactions.
    """

    version: int
    recorded_at: datetime


class Once(Struct, frozen=True):
    """A command's idempotency key and the answer to keep with it, written in the append's own transaction."""

    key: str
    fingerprint: str
    answer: bytes
    expires_at: datetime


class KeyUsed(Exception):
    """The idempotency key was stored by another request first; nothing of this one was written."""


def listed(once: Once | Sequence[Once] | None) -> Sequence[Once]:
    """Return the answers to keep as a list."""
    if once is None:
        return ()
    return (once,) if isinstance(once, Once) else once


class EventStore(Protocol):
    """Streams of events with optimistic concurrency; one database for one service.

    With a vault, whoever decides events seals their personal fields first (`shared.privacy.sealer`),
    and an append of a personal text in clear is refused.
    """

    vault: Vault | None

    async def append(self, *appends: Append, once: Once | Sequence[Once] | None = None) -> Sequence[int]:
        """Store all of `appends` and the answers to keep, or nothing; return the version after each, in order.

        The events are durable when this returns, and the relay will publish
        them in stream order. A stream may stand in `appends` more than once, each
        expecting the version that the one before it leaves.

        Raises:
            Conflict: a stream is not at its expected version. Nothing was written.
            KeyUsed: a key of `once` is taken. Nothing was written.
        """
        ...

    async def read(
        self, stream: str, *, after: int = 0, up_to: int | None = None, at: Moment = NOW
    ) -> Sequence[Recorded]:
        """Return the events of `stream` with after < version <= up_to that count at `at`, in order."""
        ...

    async def news(self, stream: str, *, after: int = 0) -> tuple[int, Sequence[Any]]:
        """Return the stream's version, and its events after `after` in order: what a fold needs, and no more.

        The version is `after` where nothing came after it.
        """
        ...

    async def read_many(
        self, streams: Sequence[str], *, after: Mapping[str, int] | None = None
    ) -> Mapping[str, Sequence[Recorded]]:
        """Return the history of each stream that exists, in one round trip.

        Of a stream in `after` only what came after that version; it is left out where nothing did.
        """
        ...

    async def read_behind(self, marks: Mapping[str, Mark]) -> Mapping[str, Sequence[Recorded]]:
        """Return, in one round trip, what came after the mark of each stream that still holds it, be it nothing.

        A stream whose mark doesn't stand there is left out.
        """
        ...

    def read_log(self, partition: int, *, after: int = 0) -> AsyncIterator[Sequence[tuple[int, Recorded]]]:
        """Yield pages of (partition sequence number, event) in publication order, as far as it is decided."""
        ...

    async def wakes_at(self, stream: str) -> datetime | None:
        """Return when the stream's timer is due, whether it was set aside or not; None where it has none."""
        ...

    async def log_ends(self) -> Mapping[int, int]:
        """Return the last number of each partition up to which `read_log` reads; 0, or nothing, for an empty one."""
        ...

    async def answered(self, key: str) -> tuple[str, bytes] | None:
        """Return (fingerprint, answer) stored under an idempotency key that has not expired, or None."""
        ...
