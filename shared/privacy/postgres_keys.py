"""Data keys in a PostgreSQL database of their own, `keys`, which all services share."""

from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg

from shared.clock import Clock, system_clock
from shared.listening import listen
from shared.privacy.key_store import Changed, Kept
from shared.privacy.master_keys import Wrapped

CHANNEL = "rapport_keys_gone"
NOTICE_BYTES = 7000
"""A notification holds less than 8,000 bytes; longer news is told as `*`, any key."""

_COLUMNS = "subject, wrapped, master_key, created_at, erased_at"
FIND = f"SELECT {_COLUMNS} FROM data_key WHERE subject = ANY($1::text[])"
ADD = f"""
WITH added AS (
    INSERT INTO data_key (subject, wrapped, master_key, created_at)
    SELECT n.*, $4 FROM unnest($1::text[], $2::bytea[], $3::text[]) AS n(subject, wrapped, master_key)
    ORDER BY subject ON CONFLICT DO NOTHING RETURNING {_COLUMNS}
)
SELECT {_COLUMNS} FROM added UNION ALL
SELECT {_COLUMNS} FROM data_key WHERE subject = ANY($1::text[]) AND subject NOT IN (SELECT subject FROM added)
"""
DESTROY = """
INSERT INTO data_key AS k (subject, created_at, erased_at)
SELECT subject, $2, $2 FROM unnest($1::text[]) AS n(subject) ORDER BY subject
ON CONFLICT (subject) DO UPDATE SET wrapped = NULL, master_key = NULL, erased_at = $2 WHERE k.erased_at IS NULL
"""
FORGET = "DELETE FROM data_key WHERE subject = ANY($1::text[]) AND erased_at IS NULL"
TELL = "SELECT pg_notify($1, $2)"
OTHERWISE = """
SELECT subject, master_key, wrapped FROM data_key WHERE wrapped IS NOT NULL AND master_key <> $1 LIMIT $2
"""
REWRAP = """
UPDATE data_key k SET wrapped = n.new, master_key = n.master_key
FROM unnest($1::text[], $2::bytea[], $3::bytea[], $4::text[]) AS n(subject, old, new, master_key)
WHERE k.subject = n.subject AND k.wrapped = n.old
"""
COUNT = "SELECT master_key, count(*) FROM data_key GROUP BY master_key ORDER BY master_key"


class PostgresKeyStore:
    """Implements `KeyStore`; every change is durable when it returns."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock = system_clock) -> None:
        self._pool = pool
        self._clock = clock

    async def find(self, subjects: Sequence[str]) -> Mapping[str, Kept]:
        """See `KeyStore.find`."""
        return _kept(await self._pool.fetch(FIND, list(subjects)))

    async def add(self, keys: Sequence[Wrapped]) -> Mapping[str, Kept]:
        """See `KeyStore.add`. What another added at the same instant is found by a second look."""
        subjects = [key.subject for key in keys]
        columns = [key.sealed for key in keys], [key.master_key for key in keys]
        kept = _kept(await self._pool.fetch(ADD, subjects, *columns, self._clock()))
        missed = [subject for subject in subjects if subject not in kept]
        return {**kept, **(await self.find(missed) if missed else {})}

    async def destroy(self, subjects: Sequence[str]) -> None:
        """See `KeyStore.destroy`."""
        await self._change(subjects, DESTROY, list(subjects), self._clock())

    async def forget(self, subjects: Sequence[str]) -> None:
        """See `KeyStore.forget`."""
        await self._change(subjects, FORGET, list(subjects))

    async def _change(self, subjects: Sequence[str], statement: str, *arguments: Any) -> None:
        notice = " ".join(subjects)
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(statement, *arguments)
            await connection.execute(TELL, CHANNEL, notice if len(notice.encode()) < NOTICE_BYTES else "*")

    async def wrapped_otherwise(self, master_key: str, limit: int) -> Sequence[Wrapped]:
        """See `KeyStore.wrapped_otherwise`."""
        return [Wrapped(*row) for row in await self._pool.fetch(OTHERWISE, master_key, limit)]

    async def rewrap(self, pairs: Sequence[tuple[Wrapped, Wrapped]]) -> int:
        """See `KeyStore.rewrap`."""
        rows = sorted((old.subject, old.sealed, new.sealed, new.master_key) for old, new in pairs)
        done: str = await self._pool.execute(REWRAP, *map(list, zip(*rows, strict=True)))
        return int(done.removeprefix("UPDATE "))

    async def count(self) -> Mapping[str | None, int]:
        """See `KeyStore.count`."""
        return {row[0]: row[1] for row in await self._pool.fetch(COUNT)}

    async def listen(self, changed: Changed) -> None:
        """See `KeyStore.listen`."""

        def heard(*told: Any) -> None:
            changed(_news(told[3]))

        await listen(self._pool, CHANNEL, heard, began=lambda: changed(None))


def _news(notice: str) -> Sequence[str] | None:
    return None if notice == "*" else notice.split()


def _kept(rows: Sequence[Any]) -> dict[str, Kept]:
    found = {}
    for subject, sealed, master_key, created_at, erased_at in rows:
        wrapped = Wrapped(subject, master_key, sealed) if sealed is not None else None
        found[subject] = Kept(subject, wrapped, created_at, erased_at)
    return found
