"""The gate before a worker's parts: on a database that is an older state of itself, nothing may begin."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import asyncpg

from shared.relay.ahead import look

Part = Callable[[], Awaitable[None]]


class Intact:
    """Lets parts begin while the topic isn't ahead of the log.

    What would a consumer or a timer decide on an older state would be other
    events in the places of those that everyone else has already taken. Asked
    at each start of a part, since a database that is restored ends every
    connection to it.
    """

    def __init__(self, pool: asyncpg.Pool, topic: str, bootstrap_servers: str) -> None:
        self._pool = pool
        self._topic = topic
        self._bootstrap = bootstrap_servers
        self._looking = asyncio.Lock()
        self._looked_at = -1.0

    def before(self, part: Part) -> Part:
        """Return the part, which now begins with the look. It fails with Ahead, or while Kafka can't be reached."""

        async def guarded() -> None:
            await self._look()
            await part()

        return guarded

    async def _look(self) -> None:
        """Look, or share a look that began after this was asked for."""
        asked = time.monotonic()
        async with self._looking:
            if self._looked_at < asked:
                began = time.monotonic()
                await look(self._pool, self._topic, self._bootstrap)
                self._looked_at = began
