"""Fixtures of the kernel tests: a database with the sample service, and its records as Kafka would bring them."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from shared.migrations import migrate
from shared.policies.policy import RawRecord
from shared.relay.sequence import Numbered, Sequencer
from shared.runtime.pool import connect
from shared.service import Service
from shared.store.contract import PARTITIONS
from shared.store.postgres import PostgresEventStore
from shared.testing import sample
from shared.wire import Wire
from tests.kernel.busy_store import busy_store
from tests.simulation.contract import simulated_pool


@pytest.fixture
def sample_service(tmp_path: Path) -> Service:
    return sample.service(tmp_path)


@pytest.fixture
def pool(request: pytest.FixtureRequest) -> asyncpg.Pool:
    """PostgreSQL; or the simulation's database, where a suite asks for both by `EITHER`."""
    if getattr(request, "param", "postgres") == "memory":
        return simulated_pool(sample.TOTALS.table.name)
    return request.getfixturevalue("postgres_pool")


EITHER = pytest.mark.parametrize("pool", ["memory", "postgres"], indirect=True)


@pytest.fixture
async def postgres_pool(database: str, sample_service: Service) -> AsyncIterator[asyncpg.Pool]:
    await migrate(sample_service, database)
    pool = await connect(database, size=20)
    yield pool
    await pool.close()


@pytest.fixture
def postgres_store(pool: asyncpg.Pool) -> PostgresEventStore:
    return PostgresEventStore(pool, sample.PUBLISHED, clock=lambda: sample.NOW)


@pytest.fixture
async def busy(pool: asyncpg.Pool) -> AsyncIterator[PostgresEventStore]:
    async with busy_store(pool) as store:
        yield store


class Topic:
    """The sample service's topic, kept in memory: what the relay numbered, as records with offsets."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.sequencer = Sequencer(pool, range(PARTITIONS))
        self._wire = Wire("sample")
        self._offsets = [0] * PARTITIONS

    async def publish(self) -> list[RawRecord]:
        """Number what waits, and return it as records in order."""
        if not self.sequencer.acked:
            await self.sequencer.lead()
        return [self.record(item) for item in await self.sequencer.next_batch(10_000)]

    def record(self, item: Numbered) -> RawRecord:
        """Return the record of one numbered event at the partition's next offset."""
        key, value, _, headers = self._wire.record(item.seq, item.row)
        offset = self._offsets[item.partition]
        self._offsets[item.partition] += 1
        return RawRecord("rapport.sample.v1", item.partition, offset, key, headers, value)

    def again(self, record: RawRecord) -> RawRecord:
        """Return the same record at a later offset, as after a relay's repeat."""
        offset = self._offsets[record.partition]
        self._offsets[record.partition] += 1
        return RawRecord(record.topic, record.partition, offset, record.key, record.headers, record.value)


@pytest.fixture
def topic(pool: asyncpg.Pool) -> Topic:
    return Topic(pool)
