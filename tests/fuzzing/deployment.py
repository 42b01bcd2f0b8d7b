"""The four services as real processes over a real PostgreSQL and Kafka, for whoever fuzzes them."""

import asyncio
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import asyncpg

from rapport import stack as whole
from rapport.services import SERVICES
from shared.stack.stack import Stack
from shared.testing.stack import short_folder

CATCH_UP_SECONDS = 60.0
UNSENT = "SELECT count(*) FROM outbox"
PARKED = "SELECT handler, key, reason FROM parked WHERE discarded_at IS NULL"


class Deployment:
    """What runs, and where."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self.urls: Mapping[str, str] = {name: item.url for name, item in stack.state.services.items()}

    def parked(self) -> list[str]:
        """Return, once everything was published, what any consumer could not handle, a line each."""
        return asyncio.run(self._parked())

    async def _parked(self) -> list[str]:
        found = []
        for name in SERVICES:
            connection = await asyncpg.connect(self._stack.state.databases[name])
            deadline = time.monotonic() + CATCH_UP_SECONDS
            while await connection.fetchval(UNSENT):
                assert time.monotonic() < deadline, f"{name} doesn't publish"
                await asyncio.sleep(0.1)
            found += [f"{name}: {' '.join(map(str, row))}" for row in await connection.fetch(PARKED)]
            await connection.close()
        return found

    def errors(self) -> list[str]:
        """Return what the services logged as errors."""
        logs = [self._stack.logs / f"{name}.log" for name in SERVICES]
        return [line for log in logs for line in log.read_text().splitlines() if '"level": "error"' in line]


@contextmanager
def deployment() -> Iterator[Deployment]:
    """Start everything in a folder of its own, and take it down again."""
    before = dict(os.environ)
    for name in (*map(whole.database_variable, (*SERVICES, "keys")), whole.BOOTSTRAP):
        os.environ.pop(name, None)
    with short_folder() as home:
        stack = Stack(Path(home))
        try:
            whole.up(stack, services=True, tell=lambda _: None)
            yield Deployment(stack)
        finally:
            stack.down()
            os.environ.clear()
            os.environ.update(before)
