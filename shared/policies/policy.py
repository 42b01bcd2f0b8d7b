"""The declaration of a policy: an event or a touchpoint came in, so give these commands."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from msgspec import Struct

from shared.decider import Decider
from shared.events import Catalogue
from shared.store.contract import Context, Recorded

C = TypeVar("C")
E = TypeVar("E")
S = TypeVar("S")
M = TypeVar("M")


class Work(Protocol):
    """The streams that a batch works on, loaded together and appended together.

    What a policy does for one message takes effect as a whole or not at all:
    when `react` raises, nothing that it did for this message remains.
    """

    now: datetime

    def new_id(self) -> UUID:
        """Return a fresh identifier."""
        ...

    def begin(self, stream: str) -> None:
        """Say that `stream` is named after a fresh identifier, so that it can't exist yet and needn't be loaded."""
        ...

    def state(self, decider: Decider[Any, Any, S], stream: str) -> S:
        """Return the stream's state, with what this batch has already decided.

        One that `needs` didn't name for this message is loaded now, and the
        message decided on again from its beginning.
        """
        ...

    def opened(self, decider: Decider[Any, Any, S], stream: str) -> S:
        """Return the stream's state with its personal texts opened: to decide by, and never to be kept.

        The texts of whom the key is gone read as erased. A key that isn't at hand
        is fetched, and the message decided on again from its beginning.
        """
        ...

    def version(self, stream: str) -> int:
        """Return the stream's version, with what this batch has already decided; 0 when it doesn't exist."""
        ...

    def members(self, subject: str) -> tuple[str, ...]:
        """Return all who are one with a subject, itself among them, as new as the service's views are.

        What isn't known yet is looked up, and the message decided on again from its beginning.
        Where nobody looks groups up, each subject is alone.
        """
        ...

    def handle(
        self, decider: Decider[C, E, S], stream: str, command: C, *, subject: str, context: Context
    ) -> Sequence[E]:
        """Decide `command` and keep its events for the batch's append; return them. Raises `Rejected`."""
        ...

    def guard(self, stream: str, context: Context) -> None:
        """Let the append fail unless `stream`, which was only read, is then still as it is here.

        One that doesn't exist must not exist then, either.
        """
        ...


@dataclass(frozen=True)
class Policy(Generic[M]):
    """What to do about one message.

    `key(message)` names what later messages must wait behind if this one can't
    be handled. `needs(message)` names the streams that `react` touches as far as the
    message tells: a batch's are read together. Others are read when `react` asks.
    `personal(message)` says that `react` may record personal texts, so that the
    keys of the customers concerned are fetched with the streams.
    `keeps(stream)` names streams that several messages look at: their states stay folded between
    batches, so that a batch reads no more of them than what is new. Long streams are kept anyway.
    `source` is a topic of another service (its catalogue decides what is read)
    or an external topic with its own decoder.
    """

    name: str
    source: "Source[M]"
    key: Callable[[M], str]
    needs: Callable[[M], Sequence[str]]
    react: Callable[[Work, M], None]
    personal: Callable[[M], bool] = lambda _: False
    keeps: Callable[[str], bool] = lambda _: False


class RawRecord(Struct, frozen=True, gc=False):
    """One Kafka record as it came: nothing is trusted yet."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    headers: Sequence[tuple[str, bytes | None]]
    value: bytes | None


@dataclass(frozen=True)
class Source(Generic[M]):
    """A topic and how its records are read.

    `decode` returns the message, or None for a record that is not for us
    (skipped and counted). It raises `Invalid` or ValueError for one that can't
    be read: that record is parked under its place in the topic.
    `sequenced` topics are written by a relay and carry gap-free numbers, and
    `catalogue` then says which events are read; they hold personal texts sealed.
    The others hold them in clear: `concerns` names the subject under whose key a
    message is sealed if it has to be parked.
    """

    topic: str
    decode: Callable[[RawRecord], M | None]
    sequenced: bool
    catalogue: Catalogue | None = None
    concerns: Callable[[M], str | None] = lambda _: None


EventPolicy = Policy[Recorded]
