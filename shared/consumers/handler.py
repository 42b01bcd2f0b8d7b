"""What a consumer gives its messages to: a view or a policy, seen from the batch's transaction."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import asyncpg
from msgspec import Struct

from shared.policies.policy import RawRecord


class Item(Struct):
    """One record of a batch with the message that it decodes to."""

    record: RawRecord
    message: Any


class Parked(Struct, frozen=True):
    """An item that a handler leaves aside: under its key, because of an error or behind an earlier one (None)."""

    item: Item
    handler: str
    key: str
    error: Exception | None


Afterwards = list[Callable[[], None]]
"""What is called once a transaction is committed, at once and without fail; nothing of it where it isn't."""


class Handler(Protocol):
    """A view or a policy at work."""

    @property
    def name(self) -> str:
        """The name under which its messages are parked."""
        ...

    @property
    def place_first(self) -> bool:
        """Whether the batch moves its place before this handler writes, or after it.

        Whoever appends takes streams, and those come before the place. All that
        write rows alone come after it: then whoever holds the places (a view's
        swap) holds up every batch before it has touched a row.
        """
        ...

    def key(self, message: Any) -> Any | None:
        """Return what later messages wait behind; None when the message doesn't concern the handler.

        It is parked as text; making that text for every message would cost more than the key.
        """
        ...

    async def apply(
        self,
        connection: asyncpg.Connection,
        items: Sequence[tuple[Any, Item]],
        blocked: frozenset[str],
        afterwards: Afterwards | None = None,
    ) -> list[Parked]:
        """Take (key, item) pairs in order, write their effects in the open transaction, return what it leaves aside.

        Items whose key, as text, is in `blocked`, or that come after a failed one of the
        same key, are left aside. What the handler learns counts once the transaction is committed:
        it adds to `afterwards` what is to be called then. Raises Conflict when another process changed a
        stream meanwhile; the whole batch is then tried again.
        """
        ...
