"""The event store on PostgreSQL: `shared.store.contract.EventStore`, kept by asyncpg alone on the hot path."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from itertools import starmap
from typing import Any, Protocol

import asyncpg
import msgspec
from msgspec import UNSET

from shared.clock import Clock, system_clock
from shared.errors import Conflict
from shared.events import Catalogue, encode
from shared.privacy.fields import must_be_sealed
from shared.privacy.vault import Vault
from shared.store import statements as sql
from shared.store.contract import NOW, Append, KeyUsed, Mark, Moment, Once, Recorded, listed
from shared.store.meta import meta_of
from shared.store.partition import partition_of
from shared.store.together import MOST_EVENTS, Together

_encode_meta = msgspec.json.Encoder().encode
_decode_meta = msgspec.json.Decoder(dict[str, Any]).decode

LOG_BLOCKS = 20
"""Publication rows in a page of `read_log`; each holds what one relay batch gave to the partition."""

_MAX_VERSION = 2**31 - 1
_STALE = "RP412"
_NO_META = "{}"


class Database(Protocol):
    """An asyncpg pool, or one connection inside whoever's transaction it is in."""

    async def fetch(self, query: str, *args: Any) -> list[Any]:
        """Run `query` and return its rows."""
        ...

    async def fetchval(self, query: str, *args: Any) -> Any:
        """Run `query` and return the first value of its first row, or None."""
        ...

    async def execute(self, query: str, *args: Any) -> str:
        """Run `query` and return its status."""
        ...


class PostgresEventStore:
    """On a pool, each append is durable when it returns; on a connection, it joins the transaction that is open."""

    def __init__(
        self, database: Database, catalogue: Catalogue, clock: Clock = system_clock, *, vault: Vault | None = None
    ) -> None:
        self.database = database
        self.catalogue = catalogue
        self.vault = vault
        self._clock = clock
        self._together = Together(database) if isinstance(database, asyncpg.Pool) else None
        self._under_way = 0

    def on(self, connection: Database) -> "PostgresEventStore":
        """Return the same store, working in `connection`'s transaction."""
        return PostgresEventStore(connection, self.catalogue, self._clock, vault=self.vault)

    async def append(self, *appends: Append, once: Once | Sequence[Once] | None = None) -> Sequence[int]:
        """See `EventStore.append`. An empty call with `once` stores the answer alone."""
        answers = listed(once)
        self._under_way += 1
        try:
            if not await self._appended_together(appends, answers):
                await self._append(appends, answers)
        except asyncpg.UniqueViolationError as error:
            if not answers or error.table_name != "idempotency":
                raise
            raise KeyUsed(answers[0].key) from None
        finally:
            self._under_way -= 1
        return [item.expected + len(item.events) for item in appends]

    async def _appended_together(self, appends: Sequence[Append], answers: Sequence[Once]) -> bool:
        """Store one of many appends that are under way; return False where it has to be stored alone."""
        if self._together is None or self._under_way == 1 or len(appends) != 1 or len(answers) > 1:
            return False
        item, last = appends[0], appends[0].expected + len(appends[0].events)
        if not item.expected < last <= item.expected + MOST_EVENTS:
            return False
        rows = self._rows(item)
        (stream, *_, subject, _, meta, occurred_at, recorded_at) = rows[0]
        head = (stream, item.expected, last, partition_of(subject), subject, meta, occurred_at, recorded_at)
        events = [(version, type_, schema, data) for _, version, type_, schema, _, data, *_ in rows]
        once = _once(answers[0]) if answers else None
        return await self._together.append(stream, head, events, item.wakes_at, once)

    async def _append(self, appends: Sequence[Append], answers: Sequence[Once]) -> None:
        if not appends and len(answers) == 1:
            await self.database.execute(sql.KEEP_ANSWER, *_once(answers[0]))
        elif len(appends) == 1 and len(appends[0].events) == 1 and len(answers) <= 1:
            await self._append_one(appends[0], answers[0] if answers else None)
        elif answers or not all(item.expected or item.events for item in appends):
            await self._append_in_transaction(appends, answers)
        elif appends:
            await self._append_many(self.database, appends)

    async def _append_one(self, item: Append, once: Once | None) -> None:
        create = item.expected == 0
        timing, due_at = _timing(item)
        (row,) = self._rows(item)
        last = partition_of(item.subject) if create else item.expected
        arguments = (*row, last, *(_once(once) if once else ()), *due_at)
        if await self.database.execute(sql.APPEND_ONE[create, once is not None, timing], *arguments) != sql.STORED:
            raise Conflict([item.stream])

    async def _append_in_transaction(self, appends: Sequence[Append], answers: Sequence[Once]) -> None:
        database: Any = self.database
        if isinstance(database, asyncpg.Pool):
            async with database.acquire() as connection, connection.transaction():
                await self._append_and_keep(connection, appends, answers)
        else:
            await self._append_and_keep(database, appends, answers)

    async def _append_and_keep(self, connection: Any, appends: Sequence[Append], answers: Sequence[Once]) -> None:
        if appends:
            await self._append_many(connection, appends)
        if len(answers) == 1:
            await connection.execute(sql.KEEP_ANSWER, *_once(answers[0]))
        elif answers:
            await connection.execute(sql.KEEP_ANSWERS, *zip(*sorted(map(_once, answers)), strict=True))

    async def _append_many(self, database: Database, appends: Sequence[Append]) -> None:
        heads: dict[str, list[Any]] = {}
        rows = []
        for item in appends:
            head = heads.setdefault(item.stream, [item.stream, item.expected, item.expected, 0])
            if head[2] != item.expected:
                raise Conflict([item.stream])
            if not item.expected:
                head[3] = partition_of(item.subject)
            rows += self._rows(item)
            head[2] += len(item.events)
        columns: tuple[Any, ...] = (*zip(*heads.values(), strict=True), *zip(*rows, strict=True))
        timers = {item.stream: item.wakes_at for item in appends if item.wakes_at is not UNSET}
        statement = sql.APPEND_MANY_TIMED if timers else sql.APPEND_MANY
        try:
            await database.execute(statement, *columns, *((list(timers), list(timers.values())) if timers else ()))
        except asyncpg.PostgresError as error:
            if error.sqlstate != _STALE:
                raise
            raise Conflict(list(heads)) from None
        absent = [stream for stream, _, version, _ in heads.values() if not version]
        if absent:
            await database.execute(sql.LEAVE_ABSENT, absent)

    def _rows(self, item: Append) -> list[tuple[Any, ...]]:
        """Return the columns of an append's events."""
        context = item.context
        meta = meta_of(context)
        said = _encode_meta(meta).decode() if meta else _NO_META
        rest = (said, context.occurred_at, context.recorded_at)
        return [
            (item.stream, version, *self._event(event, item.subject), *rest)
            for version, event in enumerate(item.events, item.expected + 1)
        ]

    def _event(self, event: Any, subject: str) -> tuple[str, int, str, str]:
        name = self.catalogue.name_of(event)
        if self.vault is not None:
            must_be_sealed(event)
        return name.type, name.version, subject, encode(event).decode()

    async def read(
        self, stream: str, *, after: int = 0, up_to: int | None = None, at: Moment = NOW
    ) -> Sequence[Recorded]:
        """See `EventStore.read`."""
        last = _MAX_VERSION if up_to is None else up_to
        if at == NOW:
            rows = await self.database.fetch(sql.READ, stream, after, last)
        else:
            rows = await self.database.fetch(sql.READ_AT, stream, after, last, at.as_of, at.known_at)
        return list(starmap(self._recorded, rows))

    async def news(self, stream: str, *, after: int = 0) -> tuple[int, Sequence[Any]]:
        """See `EventStore.news`."""
        rows = await self.database.fetch(sql.NEWS, stream, after)
        decode = self.catalogue.decode
        return (rows[-1][0] if rows else after), [decode(type_, schema, data) for _, type_, schema, data in rows]

    async def read_many(
        self, streams: Sequence[str], *, after: Mapping[str, int] | None = None
    ) -> Mapping[str, Sequence[Recorded]]:
        """See `EventStore.read_many`."""
        histories: dict[str, list[Recorded]] = defaultdict(list)
        places = [after.get(stream, 0) for stream in streams] if after else None
        statement, *known = (sql.READ_NEWS_OF_MANY, places) if places else (sql.READ_MANY,)
        for row in await self.database.fetch(statement, streams, *known):
            histories[row[0]].append(self._recorded(*row))
        return histories

    async def read_behind(self, marks: Mapping[str, Mark]) -> Mapping[str, Sequence[Recorded]]:
        """See `EventStore.read_behind`."""
        versions, times = [mark.version for mark in marks.values()], [mark.recorded_at for mark in marks.values()]
        found: dict[str, list[Recorded]] = {stream: [] for stream in marks}
        for row in await self.database.fetch(sql.READ_BEHIND, list(marks), versions, times):
            stream, version = row[0], row[1]
            if version is None or version == marks[stream].version:
                found.pop(stream)
            elif stream in found:
                found[stream].append(self._recorded(*row))
        return found

    async def read_log(self, partition: int, *, after: int = 0) -> AsyncIterator[Sequence[tuple[int, Recorded]]]:
        """See `EventStore.read_log`."""
        while rows := await self.database.fetch(sql.LOG_PAGE, partition, after, LOG_BLOCKS):
            page = [(row[0], self._recorded(*row[1:], number=row[0])) for row in rows]
            yield page
            after = page[-1][0]

    async def log_ends(self) -> Mapping[int, int]:
        """See `EventStore.log_ends`."""
        return {row[0]: row[1] for row in await self.database.fetch(sql.LOG_ENDS)}

    def _recorded(self, *row: Any, number: int | None = None) -> Recorded:
        stream, version, position, partition, subject, type_, schema, data, occurred_at, recorded_at, meta = row
        event = self.catalogue.decode(type_, schema, data)
        return Recorded(
            self.catalogue.service,
            stream,
            version,
            position,
            partition,
            subject,
            type_,
            schema,
            event,
            data,
            occurred_at,
            recorded_at,
            _decode_meta(meta),
            number,
        )

    async def wakes_at(self, stream: str) -> datetime | None:
        """See `EventStore.wakes_at`."""
        due_at: datetime | None = await self.database.fetchval(sql.WAKES_AT, stream)
        return due_at

    async def answered(self, key: str) -> tuple[str, bytes] | None:
        """See `EventStore.answered`. An expired answer is forgotten, so that its key can be used again."""
        now = self._clock()
        rows = await self.database.fetch(sql.ANSWERED, key)
        if rows and rows[0][2] > now:
            return rows[0][0], rows[0][1]
        if rows:
            await self.database.execute(sql.FORGET_EXPIRED, key, now)
        return None


def _timing(item: Append) -> tuple[sql.Timing, tuple[datetime, ...]]:
    """Return what the statement does with the timer, and the parameter for it."""
    if isinstance(item.wakes_at, datetime):
        return sql.Timing.MOVE, (item.wakes_at,)
    return sql.Timing.LEAVE if item.wakes_at is UNSET else sql.Timing.CANCEL, ()


def _once(once: Once) -> tuple[str, str, bytes, Any]:
    return once.key, once.fingerprint, once.answer, once.expires_at
