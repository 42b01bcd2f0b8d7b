"""A database restored to an older state refuses to go on, and gets back from its topic what it has lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest

from shared.clock import system_clock
from shared.consumers.consumer import Consumer
from shared.consumers.wiring import wire_up
from shared.migrations import migrate
from shared.relay import recovery
from shared.relay.ahead import Ahead, Looked, behind, look
from shared.relay.recover import Incomplete, Recovered, Recovery
from shared.runtime.pool import connect
from shared.service import Service
from shared.stack.kafka import Kafka
from shared.stack.postgres import Postgres
from shared.store.postgres import PostgresEventStore
from shared.testing import sample
from shared.testing.stack import fresh_database

from .running import TOPIC, caught_up, delete_topic, echoes, expected, make_topic, rows, working, write

NAMES = [f"s{number}" for number in range(20)]
LATER = [f"later{number}" for number in range(10)]
LOG = """
SELECT position, stream_id, version, type, schema_version, partition, subject, data, meta, occurred_at, recorded_at
FROM event ORDER BY position
"""
NUMBERS = """
SELECT partition, first_seq + place - 1, position
FROM publication, unnest(positions) WITH ORDINALITY AS item(position, place) ORDER BY 1, 2
"""
HEADS = "SELECT stream_id, version, partition FROM stream ORDER BY stream_id"


class Scene:
    """The lost database and its older state, with a topic between them and the rest of the world."""

    def __init__(self, service: Service, lost: asyncpg.Pool, restored: asyncpg.Pool, bootstrap_servers: str) -> None:
        self.service = service
        self.lost = lost
        self.restored = restored
        self.bootstrap_servers = bootstrap_servers

    @property
    def store(self) -> PostgresEventStore:
        return PostgresEventStore(self.restored, sample.PUBLISHED)

    def working(self) -> Any:
        """A worker on the restored database."""
        return working(self.service, self.restored, self.bootstrap_servers)

    async def recover(self) -> Recovered:
        found = Recovery(self.service, self.restored, self.bootstrap_servers)
        async for _ in found.collect():
            pass
        return await found.put_back()


@pytest.fixture
async def cluster(kafka: Kafka) -> str:
    from shared.stack.topics import ensure_topics

    if not await ensure_topics(kafka.bootstrap_servers, [TOPIC]):
        await delete_topic(kafka.bootstrap_servers)
        await make_topic(kafka.bootstrap_servers)
    return kafka.bootstrap_servers


@pytest.fixture
async def scene(postgres: Postgres, database: str, sample_service: Service, cluster: str) -> AsyncIterator[Scene]:
    """Three versions of each counter, a base copy, then two versions more and counters that the copy hasn't."""
    await migrate(sample_service, database)
    pool = await connect(database, size=10)
    async with working(sample_service, pool, cluster):
        await write(PostgresEventStore(pool, sample.PUBLISHED), NAMES, range(3))
        await caught_up(pool)
    await pool.close()
    async with fresh_database(postgres, template=urlsplit(database).path[1:]) as copy:
        lost, restored = await connect(database, size=10), await connect(copy, size=10)
        async with working(sample_service, lost, cluster):
            store = PostgresEventStore(lost, sample.PUBLISHED)
            await write(store, NAMES, range(3, 5))
            await write(store, LATER, range(2))
            await caught_up(lost)
        yield Scene(sample_service, lost, restored, cluster)
        await lost.close()
        await restored.close()


async def test_what_the_topic_holds_goes_back_where_it_was(scene: Scene) -> None:
    done = await scene.recover()
    assert done.events == 2 * (2 * len(NAMES) + 2 * len(LATER))
    for query in (LOG, NUMBERS, HEADS):
        assert await scene.restored.fetch(query) == await scene.lost.fetch(query)
    again = await scene.recover()
    assert again.events == 0
    assert await scene.restored.fetch(NUMBERS) == await scene.lost.fetch(NUMBERS)


async def test_after_a_recovery_everything_is_decided_once_and_nothing_is_lost(scene: Scene) -> None:
    await scene.recover()
    async with scene.working():
        await write(scene.store, NAMES, range(5, 7))
        await caught_up(scene.restored)
    wanted, echoed = expected(NAMES, 7)
    later, later_echoed = expected(LATER, 2)
    assert await rows(scene.restored) == {**wanted, **later}
    assert await echoes(scene.restored) == {**echoed, **later_echoed}
    assert await behind(scene.restored) is None


async def test_on_a_restored_database_nothing_begins_and_everyone_is_told(scene: Scene) -> None:
    before = await scene.restored.fetch(LOG)
    async with scene.working():
        async with asyncio.timeout(20):
            while not (told := await behind(scene.restored)):
                await asyncio.sleep(0.05)
        await asyncio.sleep(1)
    assert "rapport recover" in told
    assert await scene.restored.fetch(LOG) == before
    assert await scene.restored.fetch(NUMBERS) != await scene.lost.fetch(NUMBERS)
    with pytest.raises(Ahead, match="older state"):
        await look(scene.restored, TOPIC, scene.bootstrap_servers)


async def test_without_the_refusal_numbers_come_twice_and_other_services_lose_what_is_new(
    scene: Scene, postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: what the refusal is for. Everyone drops the new event as a repeat."""

    async def blind(*_: Any) -> Looked:
        return Looked(None, {}, {})

    async with following(scene, postgres, tmp_path) as follower:
        assert (await rows(follower))[NAMES[0]] == expected(NAMES, 5)[0][NAMES[0]]
        monkeypatch.setattr("shared.relay.relay.look", blind)
        monkeypatch.setattr("shared.runtime.intact.look", blind)
        async with scene.working():
            await write(scene.store, ["new"], range(1))
            async with asyncio.timeout(20):
                while not await scene.restored.fetchval("SELECT NOT EXISTS (SELECT FROM outbox)"):
                    await asyncio.sleep(0.05)
            await asyncio.sleep(2)
        assert await scene.store.read("new"), "it was acknowledged, and is in the log"
        assert "new" not in await rows(follower)
        assert "new" not in await rows(scene.restored)


async def test_with_a_recovery_other_services_miss_nothing(scene: Scene, postgres: Postgres, tmp_path: Path) -> None:
    async with following(scene, postgres, tmp_path) as follower:
        await scene.recover()
        async with scene.working():
            await write(scene.store, ["new"], range(1))
            await caught_up(scene.restored)
            async with asyncio.timeout(20):
                while "new" not in await rows(follower):
                    await asyncio.sleep(0.05)
        assert await rows(follower) == await rows(scene.restored)


@asynccontextmanager
async def following(scene: Scene, postgres: Postgres, folder: Path) -> AsyncIterator[asyncpg.Pool]:
    """Another service, with a database of its own, that has taken everything of the topic."""
    async with fresh_database(postgres) as url:
        await migrate(scene.service, url)
        pool = await connect(url, size=5)
        store = PostgresEventStore(pool, sample.PUBLISHED)
        _, wiring = wire_up(scene.service, sample.SETTINGS, store, system_clock)
        consumer = Consumer(
            "follower",
            "views",
            pool,
            wiring.handlers,
            wiring.sources,
            scene.bootstrap_servers,
            system_clock,
            lambda: None,
        )
        task = asyncio.create_task(consumer.run())
        try:
            async with asyncio.timeout(30):
                while await rows(pool) != await rows(scene.lost):
                    await asyncio.sleep(0.05)
            yield pool
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await pool.close()


async def test_a_recovery_that_breaks_off_leaves_nothing_half_done(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = [await scene.restored.fetch(query) for query in (LOG, NUMBERS, HEADS)]
    with monkeypatch.context() as broken:
        broken.setattr(recovery, "PUT_BACK", (*recovery.PUT_BACK[:-1], "SELECT 1 / 0"))
        with pytest.raises(asyncpg.DivisionByZeroError):
            await scene.recover()
    assert [await scene.restored.fetch(query) for query in (LOG, NUMBERS, HEADS)] == before
    await scene.recover()
    assert await scene.restored.fetch(LOG) == await scene.lost.fetch(LOG)


async def test_what_was_never_published_comes_behind_and_what_contradicts_goes_aside(scene: Scene) -> None:
    """An API that took commands on the restored database before anyone noticed."""
    await scene.store.append(sample.raised(NAMES[0], 9, expected=3))
    await write(scene.store, ["only-here"], range(2))
    done = await scene.recover()
    assert (done.moved, done.aside) == (2, 1)
    kept = await scene.restored.fetchrow("SELECT stream_id, version, event->>'type' FROM set_aside")
    assert kept is not None
    assert tuple(kept) == (NAMES[0], 4, "raised")
    positions = await scene.restored.fetch("SELECT position FROM event WHERE stream_id = 'only-here' ORDER BY version")
    newest = await scene.lost.fetchval("SELECT max(position) FROM event")
    assert newest < positions[0][0] < positions[1][0]
    async with scene.working():
        await caught_up(scene.restored)
    assert await rows(scene.restored) == {
        **expected(NAMES, 5)[0],
        **expected(LATER, 2)[0],
        **expected(["only-here"], 2)[0],
    }


async def test_a_topic_that_lacks_what_the_log_lacks_is_named(scene: Scene) -> None:
    await delete_topic(scene.bootstrap_servers)
    await make_topic(scene.bootstrap_servers)
    from shared.relay.republish import republish

    numbers = dict(await scene.restored.fetch("SELECT partition, next_seq FROM relay_partition"))
    partition, first = next((number, seq) for number, seq in numbers.items() if seq > 1)
    async for _ in republish(
        scene.service, scene.lost, scene.bootstrap_servers, partitions=[partition], first=first + 1
    ):
        pass
    with pytest.raises(Incomplete, match=f"lacks number {first} of partition {partition}"):
        await scene.recover()
