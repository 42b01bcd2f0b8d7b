"""The relay on a real Kafka: one order, gap-free numbers, and the same effects whatever happens to its leader."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from shared.errors import Fenced
from shared.relay.leadership import leadership
from shared.relay.relay import Relay
from shared.relay.send import Sender, Sent
from shared.relay.sequence import Numbered
from shared.stack.kafka import Kafka
from shared.stack.topics import ensure_topics
from shared.store.contract import PARTITIONS
from shared.store.postgres import PostgresEventStore
from shared.testing.sample import raised
from shared.testing.topic import read_topic
from shared.wakeup import Wakeup
from shared.wire import partition_sequence


@pytest.fixture
async def topic(kafka: Kafka) -> str:
    name = f"sample-{uuid4().hex[:8]}"
    await ensure_topics(kafka.bootstrap_servers, [name])
    return name


@pytest.fixture
def relay(pool: asyncpg.Pool, kafka: Kafka, topic: str) -> Callable[[], Relay]:
    return lambda: Relay(pool, "sample", topic, range(PARTITIONS), kafka.bootstrap_servers, Wakeup(pool))


@asynccontextmanager
async def running(relay: Relay) -> AsyncIterator["asyncio.Task[None]"]:
    task = asyncio.create_task(relay.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until_sent(pool: asyncpg.Pool) -> None:
    query = "SELECT NOT EXISTS (SELECT FROM outbox) AND bool_and(acked_seq = next_seq - 1) FROM relay_partition"
    async with asyncio.timeout(30):
        while not await pool.fetchval(query):
            await asyncio.sleep(0.02)


async def topic_holds(kafka: Kafka, topic: str) -> dict[str, list[int]]:
    """Read the topic as a consumer would, repeats dropped: each stream's versions in order."""
    versions: dict[str, list[int]] = defaultdict(list)
    async for record in read_topic(kafka.bootstrap_servers, topic):
        headers = {name: value or b"" for name, value in record.headers}
        assert partition_sequence(record) >= 1
        versions[headers["ce_stream"].decode()].append(int(headers["ce_sequence"]))
    return versions


async def append_some(store: PostgresEventStore, names: Sequence[str], versions: range) -> None:
    for version in versions:
        await store.append(*(raised(name, 1, expected=version) for name in names))


NAMES = [f"s{number}" for number in range(40)]


async def test_every_event_reaches_the_topic_in_stream_order(
    pool: asyncpg.Pool, postgres_store: PostgresEventStore, kafka: Kafka, topic: str, relay: Callable[[], Relay]
) -> None:
    async with running(relay()):
        await append_some(postgres_store, NAMES, range(5))
        await until_sent(pool)
    assert await topic_holds(kafka, topic) == {name: [1, 2, 3, 4, 5] for name in NAMES}


async def test_relays_that_are_killed_again_and_again_lose_nothing(
    pool: asyncpg.Pool, postgres_store: PostgresEventStore, kafka: Kafka, topic: str, relay: Callable[[], Relay]
) -> None:
    writing = asyncio.create_task(append_some(postgres_store, NAMES, range(30)))
    while not writing.done():
        async with running(relay()):
            await asyncio.sleep(0.4)
    async with running(relay()):
        await until_sent(pool)
    assert await topic_holds(kafka, topic) == {name: list(range(1, 31)) for name in NAMES}


class FrozenSender(Sender):
    """Stands still between sequencing and sending, until it is thawed."""

    frozen = asyncio.Event()
    thawed = asyncio.Event()

    async def send(self, events: Sequence[Numbered]) -> Sent:
        self.frozen.set()
        await self.thawed.wait()
        return await super().send(events)


async def test_a_leader_frozen_between_sequencing_and_sending_and_thawed_changes_nothing(
    pool: asyncpg.Pool,
    postgres_store: PostgresEventStore,
    kafka: Kafka,
    topic: str,
    relay: Callable[[], Relay],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    FrozenSender.frozen, FrozenSender.thawed = asyncio.Event(), asyncio.Event()
    await append_some(postgres_store, NAMES, range(2))
    monkeypatch.setattr("shared.relay.relay.Sender", FrozenSender)
    # The epoch alone must stop the old leader, not its heartbeat.
    monkeypatch.setattr("shared.relay.leadership.BEAT_SECONDS", 60)
    async with running(relay()) as old:
        await FrozenSender.frozen.wait()
        monkeypatch.setattr("shared.relay.relay.Sender", Sender)
        await _end_sessions_with_locks(pool)
        async with running(relay()):
            await append_some(postgres_store, NAMES, range(2, 4))
            await until_sent(pool)
            FrozenSender.thawed.set()
            await append_some(postgres_store, NAMES, range(4, 6))
            await until_sent(pool)
            await asyncio.wait([old], timeout=15)
            error = old.exception()
            assert isinstance(error, ExceptionGroup)
            assert error.subgroup(Fenced), "whoever was replaced must learn it at the next number it would give"
    assert await topic_holds(kafka, topic) == {name: [1, 2, 3, 4, 5, 6] for name in NAMES}


async def _end_sessions_with_locks(pool: asyncpg.Pool) -> None:
    await pool.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
    )


async def test_a_lock_that_is_lost_ends_what_runs_under_it(pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.relay.leadership.BEAT_SECONDS", 0.05)

    async def lead() -> None:
        async with leadership(pool, "some-work"):
            await asyncio.sleep(30)

    leading: asyncio.Task[Any] = asyncio.create_task(lead())
    await asyncio.sleep(0.3)
    await _end_sessions_with_locks(pool)
    with pytest.raises(ExceptionGroup):
        await asyncio.wait_for(leading, 5)
