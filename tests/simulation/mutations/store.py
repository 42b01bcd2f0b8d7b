"""Stores, and the door for commands, that are wrong in one way each."""

from datetime import datetime
from typing import Any
from unittest.mock import patch

from shared.consumers.handler import Afterwards
from shared.http import calls
from shared.policies.handler import PolicyHandler
from shared.store import statements as sql
from shared.store.postgres import PostgresEventStore
from tests.simulation.database import Transaction
from tests.simulation.mutations.mutation import Mutation, statement
from tests.simulation.statements import log, reading


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


_apply = PolicyHandler.apply


async def _kept_at_once(self: PolicyHandler, connection: Any, items: Any, blocked: Any, _: Any = None) -> Any:
    learnt: Afterwards = []
    parked = await _apply(self, connection, items, blocked, learnt)
    for learn in learnt:
        learn()
    return parked


def _unproved(transaction: Transaction, streams: list[str], versions: list[int], _: list[datetime]) -> Any:
    return reading.read_news_of_many(transaction, streams, versions)


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
    Mutation(
        "states are kept before they are committed, and count though their last event isn't there",
        ("rest",),
        [patch.object(PolicyHandler, "apply", _kept_at_once), statement(sql.READ_BEHIND, _unproved)],
    ),
)
