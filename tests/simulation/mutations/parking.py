"""Views and parking that are wrong in one way each."""

from collections.abc import Mapping, Sequence
from typing import Any
from unittest.mock import patch

from shared.consumers import batch, parking, parking_lot
from shared.views.handler import ViewHandler
from tests.simulation.database import Transaction
from tests.simulation.mutations.mutation import Mutation, statement


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


PARKING = (
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
            statement(parking_lot.LOCK_KEY, _unlocked),
            statement(parking.BLOCKED, _blocked_unshared),
        ],
    ),
)
