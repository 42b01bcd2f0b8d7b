"""The sample service with a worker that needs no Kafka: what the relay numbers goes straight into the batch."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from shared.consumers.batch import Batch
from shared.consumers.parking_lot import ParkingLot
from shared.consumers.position import Place, Position, Positions
from shared.consumers.wiring import wire_up
from shared.errors import Fenced
from shared.migrations import migrate
from shared.policies.policy import RawRecord
from shared.runtime.pool import connect
from shared.service import Service
from shared.store.contract import PARTITIONS, Recorded
from shared.store.postgres import PostgresEventStore
from shared.testing import sample
from shared.testing.sample import NOW, SETTINGS, TotalRow, raised
from shared.views.fold_processes import Where
from shared.views.rebuild import Rebuilt, rebuild
from tests.kernel.conftest import Topic

TOPIC = "rapport.sample.v1"
NO_KAFKA = "127.0.0.1:1"


def mended(row: TotalRow | None, event: Recorded) -> TotalRow:
    """Fold as the sample does, and take thirteen as well."""
    return TotalRow(event.stream, (row.total if row else 0) + event.event.by, event.version)


def doubled(row: TotalRow | None, event: Recorded) -> TotalRow:
    """Fold to other rows than the sample does."""
    return TotalRow(event.stream, (row.total if row else 0) + 2 * event.event.by, event.version)


def with_fold(service: Service, project: Callable[[Any, Recorded], Any]) -> Service:
    """Return the service with another fold for its view."""
    return dataclasses.replace(service, views=[dataclasses.replace(service.views[0], project=project)])


class World:
    """One sample service at work."""

    def __init__(self, url: str, pool: asyncpg.Pool, service: Service, folder: Path) -> None:
        self.url = url
        self.pool = pool
        self.service = service
        self.store = PostgresEventStore(pool, sample.PUBLISHED, clock=lambda: NOW)
        self.topic = Topic(pool)
        self.records: list[RawRecord] = []
        self.fenced = 0
        self.taken = 0
        self.places: dict[Place, Position] = {}
        self.versions: dict[str, int] = {}
        self.where = Where(url, NO_KAFKA, partial(sample.service, folder))
        self._with(service)

    def _with(self, service: Service) -> None:
        wirings = wire_up(service, SETTINGS, self.store, lambda: NOW)
        _, handlers, sources = next(item for item in wirings if item.name == service.views_consumer)
        by_topic = {source.topic: source for source in sources}
        self.positions = Positions(service.views_consumer)
        self.batch = Batch(service.views_consumer, self.pool, handlers, by_topic, lambda: NOW, lambda: None)
        self.lot = ParkingLot(self.pool, wirings, lambda: NOW)

    def deploy(self, project: Callable[[Any, Recorded], Any]) -> None:
        """Go on with another fold, as a new release does."""
        self.service = with_fold(self.service, project)
        self._with(self.service)

    async def write(self, **streams: list[int]) -> None:
        """Append raises to streams."""
        for stream, amounts in streams.items():
            for by in amounts:
                version = self.versions.get(stream, 0)
                await self.store.append(raised(stream, by, expected=version))
                self.versions[stream] = version + 1

    async def write_together(self, raises: dict[str, int]) -> None:
        """Append one raise to each of many streams, in one transaction."""
        appends = [raised(name, by, expected=self.versions.get(name, 0)) for name, by in raises.items()]
        await self.store.append(*appends)
        self.versions |= {item.stream: item.expected + 1 for item in appends}

    async def publish(self) -> None:
        self.records += await self.topic.publish()

    async def begin(self) -> None:
        """Take the partitions over, as a consumer that starts."""
        wanted = [(TOPIC, partition) for partition in range(PARTITIONS)]
        self.places = dict(await self.positions.take(self.pool, wanted))

    async def follow(self, *, most: int = 100_000) -> int:
        """Take what the consumer has not taken yet; begin again when fenced, as a worker does."""
        if not self.places:
            await self.begin()
        left = self.records[:most]
        if not left:
            return 0
        try:
            await self.batch.take(left, self.places)
        except Fenced:
            self.fenced += 1
            await self.begin()
            return await self.follow(most=most)
        self.taken += len(left)
        del self.records[: len(left)]
        return len(left)

    async def settle(self) -> None:
        await self.publish()
        while await self.follow():
            pass

    async def rebuild(self, **options: Any) -> Rebuilt:
        where = options.pop("where", self.where._replace(processes=1))
        return await rebuild(self.service, "totals", where, clock=lambda: NOW, **options)

    async def rows(self, table: str = "totals") -> dict[str, tuple[int, int]]:
        return {row[0]: (row[1], row[2]) for row in await self.pool.fetch(f"SELECT stream, total, last FROM {table}")}


@asynccontextmanager
async def at_work(*tasks: Any) -> AsyncIterator[None]:
    """Run the coroutines beside what is done inside; one that fails, fails the test."""
    running = [asyncio.create_task(task) for task in tasks]
    try:
        yield
    finally:
        for task in running:
            task.cancel()
        for result in await asyncio.gather(*running, return_exceptions=True):
            if isinstance(result, Exception):
                raise result


@pytest.fixture
async def world(database: str, tmp_path: Path) -> AsyncIterator[World]:
    service = sample.service(tmp_path)
    await migrate(service, database)
    pool = await connect(database, size=12)
    yield World(database, pool, service, tmp_path)
    await pool.close()
