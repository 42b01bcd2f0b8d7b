"""Appends that come while others are under way share the next transaction, as commits share a flush of the log."""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg
from msgspec import UNSET, UnsetType

from shared.store import statements as sql
from shared.supervise import asked_to_end

TRANSACTIONS = 3
"""How many are under way at most; each of them costs the server more than an event more in one of them."""

MOST_EVENTS = 200
"""Events after which a transaction takes no further append."""

REFUSED = (
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.DataError,
    ValueError,  # the driver's, before anything was sent
)
"""After these, it is certain that nothing was written. After all others it isn't, and nothing may be tried again."""


class Asked(NamedTuple):
    """One append to one stream, as the statement takes it, and where its caller waits for whether it was stored."""

    stream: str
    head: tuple[Any, ...]
    events: Sequence[tuple[Any, ...]]
    wakes_at: UnsetType | datetime | None
    once: tuple[Any, ...] | None
    stored: "asyncio.Future[bool]"


class Together:
    """Writes appends of different callers in shared transactions, each of them for itself."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._waiting: deque[Asked] = deque()
        self._working = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def append(
        self,
        stream: str,
        head: tuple[Any, ...],
        events: Sequence[tuple[Any, ...]],
        wakes_at: UnsetType | datetime | None,
        once: tuple[Any, ...] | None,
    ) -> bool:
        """Return True once it is durable; False when nothing of it was written, and it must be tried alone.

        Alone is tried whatever could keep others waiting, or fail with them: a
        stale version, a stream that another transaction holds, a refused value.
        """
        stored: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append(Asked(stream, head, events, wakes_at, once, stored))
        if self._working < TRANSACTIONS:
            self._working += 1
            task = asyncio.get_running_loop().create_task(self._work())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await stored

    async def _work(self) -> None:
        try:
            while batch := self._next():
                await self._write(batch)
        finally:
            self._working -= 1  # here, and not once the task is done: nobody may come in between and start none

    def _next(self) -> Mapping[str, Asked]:
        """Return those who wait, as many as one transaction takes; of one stream only the first."""
        batch: dict[str, Asked] = {}
        later = []
        events = 0
        while self._waiting and events < MOST_EVENTS:
            asked = self._waiting.popleft()
            if asked.stored.done():
                continue  # whoever asked has been cancelled
            if asked.stream in batch:
                later.append(asked)
            else:
                batch[asked.stream] = asked
                events += len(asked.events)
        self._waiting.extendleft(reversed(later))
        return batch

    async def _write(self, batch: Mapping[str, Asked]) -> None:
        try:
            stored = set(await self._pool.fetchval(sql.APPEND_EACH, *_arguments(list(batch.values()))))
        except REFUSED:
            self._tell(batch, frozenset())
        except Exception as error:
            self._fail(batch, error)
        except asyncio.CancelledError as error:  # a driver may let the cancellation of a task of its own out
            self._fail(batch, ConnectionError(f"the shared transaction was cancelled: {error!r}"))
            if asked_to_end():
                raise
        else:
            self._tell(batch, stored)

    def _tell(self, batch: Mapping[str, Asked], stored: AbstractSet[str]) -> None:
        for asked in batch.values():
            if not asked.stored.done():
                asked.stored.set_result(asked.stream in stored)

    def _fail(self, batch: Mapping[str, Asked], error: Exception) -> None:
        """Let each caller learn of it: whether anything was written isn't known."""
        for asked in batch.values():
            if not asked.stored.done():
                asked.stored.set_exception(error)


def _arguments(batch: Sequence[Asked]) -> tuple[Sequence[Any], ...]:
    heads = zip(*(asked.head for asked in batch), strict=True)
    events = [(owner, *event) for owner, asked in enumerate(batch, 1) for event in asked.events]
    timers = [(asked.stream, asked.wakes_at) for asked in batch if asked.wakes_at is not UNSET]
    answers = [(asked.stream, *asked.once) for asked in batch if asked.once]
    return (*heads, *zip(*events, strict=True), *_columns(timers, 2), *_columns(answers, 5))


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> Sequence[Sequence[Any]]:
    return list(zip(*rows, strict=True)) if rows else [()] * width
