"""A served sample service whose log grows as a test wants it, and listeners to it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from shared.clock import system_clock
from shared.handle import Handler
from shared.http.app import create_app
from shared.http.auth import Verifier, development_token
from shared.http.kit import Kit
from shared.migrations import migrate
from shared.relay.sequence import Sequencer
from shared.runtime.pool import connect
from shared.store.contract import PARTITIONS
from shared.store.postgres import PostgresEventStore
from shared.testing import sample
from shared.wakeup import Wakeup
from tests.feeds.listening import listening, serving

TOKEN = development_token(sample.SETTINGS, ["sample:read"], subject="listener")
HEADERS = {"Authorization": f"Bearer {TOKEN}"}


class Log:
    """A served sample service whose log grows as the test wants it."""

    def __init__(self, pool: asyncpg.Pool, kit: Kit, url: str) -> None:
        self.kit = kit
        self.url = f"{url}/v1/feed"
        self.store = PostgresEventStore(pool, sample.PUBLISHED)
        self.sequencer = Sequencer(pool, range(PARTITIONS))
        self.appended = 0

    async def append(self, count: int = 1) -> list[str]:
        """Append to a stream of each of several subjects, and number what waits."""
        names = []
        for _ in range(count):
            self.appended += 1
            await self.store.append(sample.raised(f"s{self.appended}", 1))
            names.append(f"s{self.appended}@1")
        await self.number()
        return names

    async def number(self) -> None:
        if not self.sequencer.acked:
            await self.sequencer.lead()
        await self.sequencer.next_batch(10_000)
        self.kit.wakeup.signal()

    def listen(self, last_event_id: str | None = None) -> Any:
        return listening(self.url, HEADERS, last_event_id)


@pytest.fixture
async def log(database: str, tmp_path: Path) -> AsyncIterator[Log]:
    service = replace(sample.service(tmp_path), routes=())
    await migrate(service, database)
    pool = await connect(database, size=10)
    store = PostgresEventStore(pool, sample.PUBLISHED)
    own: Any = None
    handler, wakeup, verifier = Handler(store), Wakeup(pool), Verifier(sample.SETTINGS)
    kit = Kit(service, sample.SETTINGS, own, store, handler, pool, wakeup, system_clock, verifier)
    async with serving(create_app(service, kit)) as url:
        yield Log(pool, kit, url)
        kit.feeds.close()
    await pool.close()
