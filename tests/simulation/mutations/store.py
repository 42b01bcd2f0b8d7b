"""Stores, and the door for commands, that are wrong in one way each."""

from typing import Any
from unittest.mock import patch

from shared.http import calls
from shared.store.postgres import PostgresEventStore
from tests.simulation.database import Transaction
from tests.simulation.mutations.mutation import Mutation
from tests.simulation.statements import log


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


STORE = (
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
)
