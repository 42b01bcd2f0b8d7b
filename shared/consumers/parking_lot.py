"""What an operator does with parked messages: look, try again, discard. The log keeps what was discarded."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import asyncpg
from msgspec import Struct

from shared.clock import Clock
from shared.consumers.handler import Handler, Item
from shared.consumers.parking import pack_headers, reason_of, record_of
from shared.consumers.wiring import Wiring
from shared.errors import Missing
from shared.policies.policy import RawRecord
from shared.privacy.personal import ERASED
from shared.privacy.sealed_record import OWN, open_record
from shared.privacy.vault import Vault

LIST = """
SELECT handler, key, count(*) AS messages, min(parked_at) AS since, min(id) AS first_id,
       (array_agg(reason ORDER BY id))[1] AS reason, max(attempts) AS attempts
FROM parked WHERE discarded_at IS NULL AND ($1::text IS NULL OR handler = $1)
GROUP BY handler, key ORDER BY min(id) LIMIT $2
"""
SHOW = "SELECT * FROM parked WHERE id = $1"
LOCK_KEY = "SELECT FROM parked_key WHERE handler = $1 AND key = $2 FOR UPDATE"
WAITING = "SELECT * FROM parked WHERE handler = $1 AND key = $2 AND discarded_at IS NULL ORDER BY id"
DONE = "DELETE FROM parked WHERE id = $1"
STILL = "UPDATE parked SET reason = $2, attempts = attempts + 1 WHERE id = $1"
DISCARD = "UPDATE parked SET discarded_at = $2, discarded_by = $3 WHERE id = $1 AND discarded_at IS NULL"
FREE_KEY = """
DELETE FROM parked_key k WHERE k.handler = $1 AND k.key = $2 AND NOT EXISTS (
    SELECT FROM parked p WHERE p.handler = k.handler AND p.key = k.key AND p.discarded_at IS NULL)
"""
GONE = "its content was sealed, and the key is gone: discard it"
EMPTY = """
UPDATE parked SET value = NULL, discarded_at = coalesce(discarded_at, $2), discarded_by = coalesce(discarded_by, $3)
WHERE sealed_for = ANY($1::text[]) RETURNING handler, key
"""
COUNT = "SELECT count(*) FROM parked WHERE discarded_at IS NULL"


class ParkedKey(Struct, frozen=True):
    """A key whose messages wait: how many, since when, and why the first of them can't be handled."""

    handler: str
    key: str
    messages: int
    since: datetime
    first_id: int
    reason: str | None
    attempts: int


class Retried(Struct, frozen=True):
    """What a retry did: messages that took effect, messages that still wait, and why the first of those does."""

    handled: int
    waiting: int
    reason: str | None


class ParkingLot:
    """The parked messages of one service."""

    def __init__(self, pool: asyncpg.Pool, wirings: Sequence[Wiring], clock: Clock, vault: Vault | None = None) -> None:
        self._pool = pool
        self._wirings = wirings
        self._clock = clock
        self._vault = vault

    async def list(self, handler: str | None = None, limit: int = 200) -> Sequence[ParkedKey]:
        """Return the keys that wait, oldest first."""
        return [ParkedKey(*row) for row in await self._pool.fetch(LIST, handler, limit)]

    async def count(self) -> int:
        """Return how many messages wait."""
        waiting: int = await self._pool.fetchval(COUNT)
        return waiting

    async def show(self, message_id: int) -> Mapping[str, Any]:
        """Return one parked message whole, with its raw bytes as far as its key is there; Missing for an unknown id."""
        row = await self._row(message_id)
        if row["sealed_for"] is None:
            return row
        record = await self._record(row)
        value = record.value if record else ERASED.encode()
        headers = pack_headers(record.headers if record else ())
        return {**row, "record_key": record.key if record else None, "headers": headers, "value": value}

    async def _row(self, message_id: int) -> dict[str, Any]:
        row = await self._pool.fetchrow(SHOW, message_id)
        if row is None:
            raise Missing("parked-unknown", f"No parked message has the id {message_id}: see `rapport parked list`.")
        return dict(row)

    async def _record(self, row: Mapping[str, Any]) -> RawRecord | None:
        if row["sealed_for"] is None:
            return record_of(row)
        return await open_record(self._vault, row) if self._vault else None

    async def retry(self, handler: str, key: str) -> Retried:
        """Handle the key's messages in order, up to the first that fails again.

        All that is handled takes effect in one transaction with its removal.
        New messages of the key wait until this is over, and then come after.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(LOCK_KEY, handler, key)
            rows = await connection.fetch(WAITING, handler, key)
            handled, reason = 0, None
            for row in rows:
                record = await self._record(row)
                clear = row["sealed_for"] is None
                reason = await self._handle(connection, handler, record, quoting=clear) if record else GONE
                if reason is not None:
                    await connection.execute(STILL, row["id"], reason)
                    break
                await connection.execute(DONE, row["id"])
                handled += 1
            await connection.execute(FREE_KEY, handler, key)
        await self._shred(rows[:handled])
        return Retried(handled, len(rows) - handled, reason)

    async def discard(self, message_id: int, by: str) -> None:
        """Give up one message: it stays on record with who decided so, and its key goes on without it.

        What was sealed under a key of its own can't be read any more from then on.
        """
        row = await self._row(message_id)
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(LOCK_KEY, row["handler"], row["key"])
            await connection.execute(DISCARD, message_id, self._clock(), by)
            await connection.execute(FREE_KEY, row["handler"], row["key"])
        await self._shred([row])

    async def empty(self, subjects: Sequence[str], by: str) -> None:
        """Discard whatever was sealed for these subjects, whose keys are gone; other messages of the keys go on."""
        async with self._pool.acquire() as connection, connection.transaction():
            for handler, key in {tuple(row) for row in await connection.fetch(EMPTY, subjects, self._clock(), by)}:
                await connection.execute(LOCK_KEY, handler, key)
                await connection.execute(FREE_KEY, handler, key)

    async def _shred(self, rows: Sequence[Mapping[str, Any]]) -> None:
        own = [row["sealed_for"] for row in rows if (row["sealed_for"] or "").startswith(OWN)]
        if self._vault and own:
            await self._vault.forget(own)

    async def _handle(
        self, connection: asyncpg.Connection, name: str, record: RawRecord, *, quoting: bool
    ) -> str | None:
        """Return None when the record took effect, and the reason when it did not (then nothing of it remains)."""
        savepoint = connection.transaction()
        await savepoint.start()
        try:
            for wiring in self._wirings:
                await _dispatch(wiring, connection, name, record)
        except Exception as error:
            await savepoint.rollback()
            return reason_of(error, quoting=quoting)
        await savepoint.commit()
        return None


async def _dispatch(wiring: Wiring, connection: asyncpg.Connection, name: str, record: RawRecord) -> None:
    """Give the record to the handlers of `wiring` that were meant: the one of this name, or all of a consumer's."""
    meant: list[Handler] = [item for item in wiring.handlers if name in (item.name, wiring.name)]
    for source in wiring.sources:
        message = source.decode(record) if meant and source.topic == record.topic else None
        for handler in meant if message is not None else ():
            key = handler.key(message)
            pairs = [(key, Item(record, message))] if key is not None else []
            for parked in await handler.apply(connection, pairs, frozenset()):
                raise parked.error or RuntimeError("left aside without a reason")
