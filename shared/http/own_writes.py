"""Waiting until the views show a write: one look for all who wait, as often as something was committed."""

import asyncio

import asyncpg

from shared.wakeup import Wakeup

LONGEST_WAIT = 10.0

POLL_SECONDS = 0.02
"""Between two looks where no wake-up comes."""

LEAST_SECONDS = 0.005
"""Between two looks, however much is committed and however many wait."""

# Once numbered, an event that the views lack stands between their place and the end: only that much is searched.
SHOWN = """
SELECT w.stream_id, w.version FROM unnest($1::text[], $2::integer[]) AS w(stream_id, version)
JOIN event e ON e.stream_id = w.stream_id AND e.version = w.version
JOIN consumer_position p ON p.consumer = $3 AND p.topic = $4 AND p.partition = e.partition
WHERE NOT EXISTS (SELECT FROM outbox o WHERE o.position = e.position)
  AND NOT EXISTS (
    SELECT FROM publication b
    WHERE b.partition = e.partition AND b.first_seq >= coalesce(
            (SELECT max(first_seq) FROM publication WHERE partition = e.partition AND first_seq <= p.next_seq), 0)
      AND b.first_seq + array_position(b.positions, e.position) - 1 >= p.next_seq)
"""

Write = tuple[str, int]
"""A stream and its version."""


class OwnWrites:
    """Tells when the views of a service show a write. Asks the database nothing while nobody waits."""

    def __init__(self, pool: asyncpg.Pool, consumer: str, topic: str, wakeup: Wakeup) -> None:
        self._pool = pool
        self._place = (consumer, topic)
        self._ear = wakeup.ear()
        self._waiting: dict[Write, set[asyncio.Future[None]]] = {}
        self._looking: asyncio.Task[None] | None = None

    async def shown(self, stream: str, version: int, seconds: float) -> bool:
        """Wait at most `seconds` until the views show the event `stream@version`; return whether they do."""
        write = (stream, version)
        if seconds <= 0:
            return bool(await self._shown([write]))
        shown = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(write, set()).add(shown)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.get_running_loop().create_task(self._look())
        try:
            await asyncio.wait_for(shown, min(seconds, LONGEST_WAIT))
        except TimeoutError:
            return False
        finally:
            self._forget(write, shown)
        return True

    def _forget(self, write: Write, shown: asyncio.Future[None]) -> None:
        others = self._waiting.get(write)
        if others is not None:
            others.discard(shown)
            if not others:
                del self._waiting[write]

    async def _look(self) -> None:
        try:
            while self._waiting:
                for write in await self._shown(list(self._waiting)):
                    self._tell(write)
                await asyncio.sleep(LEAST_SECONDS)
                await self._ear.wait(POLL_SECONDS)
        except Exception as error:
            for write in list(self._waiting):
                self._tell(write, error)

    def _tell(self, write: Write, error: Exception | None = None) -> None:
        for shown in self._waiting.pop(write, ()):
            if shown.done():
                continue
            if error:
                shown.set_exception(error)
            else:
                shown.set_result(None)

    async def _shown(self, writes: list[Write]) -> list[Write]:
        streams, versions = zip(*writes, strict=True)
        rows = await self._pool.fetch(SHOWN, streams, versions, *self._place)
        return [(row[0], row[1]) for row in rows]
