"""The table of erasures: which are under way, how far each has come, which are done."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from msgspec import Struct

from shared.store.postgres import Database

_COLUMNS = "customer_id, members, requested_at, step, trouble, finished_at"
NOTE = """
INSERT INTO erasure (customer_id, members, requested_at, step) VALUES ($1, $2, $3, 'requested')
ON CONFLICT (customer_id) DO NOTHING
"""
FIND = f"SELECT {_COLUMNS} FROM erasure WHERE members @> ARRAY[$1::uuid] ORDER BY requested_at LIMIT 1"
WAITING = f"SELECT {_COLUMNS} FROM erasure WHERE finished_at IS NULL ORDER BY requested_at LIMIT 100"
REACHED = "UPDATE erasure SET step = $2, trouble = NULL WHERE customer_id = $1"
TROUBLED = "UPDATE erasure SET trouble = $2 WHERE customer_id = $1"
FINISHED = "UPDATE erasure SET step = 'done', trouble = NULL, finished_at = $2 WHERE customer_id = $1"
DROP = "DELETE FROM erasure WHERE customer_id = $1 AND finished_at IS NULL"
IDENTIFIERS = """
SELECT DISTINCT ON (stream_id) stream_id, subject, data->>'type', data->>'keyed_hash' FROM event
WHERE type = 'identifier-claimed' AND subject = ANY($1::text[]) ORDER BY stream_id
"""


ERASED = "SELECT DISTINCT unnest(members) FROM erasure WHERE finished_at IS NOT NULL ORDER BY 1"


class Step(StrEnum):
    """What is being done; each can be done again without harm."""

    REQUESTED = "requested"
    IDENTIFIERS = "releasing the identifiers"
    KEYS = "destroying the keys"
    PARKED = "emptying parked messages"
    TOPICS = "cutting the topics from outside"
    FACTS = "recording that it is done"
    DONE = "done"


class ErasureRow(Struct, frozen=True):
    """One erasure: of a customer and of all who are one with them; `trouble` says what it waits for."""

    customer_id: UUID
    members: tuple[UUID, ...]
    requested_at: datetime
    step: Step
    trouble: str | None
    finished_at: datetime | None


class ClaimedIdentifier(Struct, frozen=True):
    """An identifier that one of the customers has or had."""

    stream: str
    customer_id: UUID
    type: str
    keyed_hash: str


class Erasures:
    """Reads and writes the table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, customer_id: UUID, members: Sequence[UUID], now: datetime) -> None:
        """Note that an erasure is asked for; before the fact itself, so that no fact is ever left undone."""
        await self._database.execute(NOTE, customer_id, list(members), now)

    async def find(self, customer_id: UUID) -> ErasureRow | None:
        """Return the erasure that the customer is part of."""
        rows = await self._database.fetch(FIND, customer_id)
        return _row(rows[0]) if rows else None

    async def waiting(self) -> Sequence[ErasureRow]:
        """Return the erasures that aren't done, the oldest first."""
        return [_row(row) for row in await self._database.fetch(WAITING)]

    async def reached(self, customer_id: UUID, step: Step) -> None:
        """Write down what is being done now."""
        await self._database.execute(REACHED, customer_id, step.value)

    async def troubled(self, customer_id: UUID, trouble: str) -> None:
        """Write down what the erasure waits for."""
        await self._database.execute(TROUBLED, customer_id, trouble)

    async def finished(self, customer_id: UUID, now: datetime) -> None:
        """Write down that everything is done."""
        await self._database.execute(FINISHED, customer_id, now)

    async def drop(self, customer_id: UUID) -> None:
        """Forget a note that no fact followed."""
        await self._database.execute(DROP, customer_id)

    async def erased(self) -> Sequence[UUID]:
        """Return everyone who was ever erased."""
        return [row[0] for row in await self._database.fetch(ERASED)]

    async def identifiers(self, members: Sequence[UUID]) -> Sequence[ClaimedIdentifier]:
        """Return every identifier that one of them ever claimed."""
        rows = await self._database.fetch(IDENTIFIERS, [str(member) for member in members])
        return [ClaimedIdentifier(row[0], UUID(row[1]), row[2], row[3]) for row in rows]


def _row(row: Any) -> ErasureRow:
    return ErasureRow(row[0], tuple(row[1]), row[2], Step(row[3]), row[4], row[5])
