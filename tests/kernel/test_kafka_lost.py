"""Kafka's copy may be lost, or another cluster take its place: the log writes it again, and effects stay one."""

import asyncio
from collections.abc import Iterator

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.structs import TopicPartition

from shared.consumers.progress import places
from shared.relay.copied import lacking
from shared.relay.republish import republish
from shared.service import Service
from shared.stack.kafka import Kafka
from shared.store.contract import PARTITIONS
from shared.store.postgres import PostgresEventStore
from shared.testing.stack import private_kafka
from shared.topics.records import TopicReader

from .running import (
    TOPIC,
    caught_up,
    delete_topic,
    echoes,
    expected,
    make_topic,
    rows,
    working,
    write,
)

NAMES = [f"s{number}" for number in range(30)]


@pytest.fixture
async def cluster(kafka: Kafka) -> str:
    """The tests' cluster with an empty topic of the sample service."""
    if not await _made(kafka.bootstrap_servers):
        await delete_topic(kafka.bootstrap_servers)
        await make_topic(kafka.bootstrap_servers)
    return kafka.bootstrap_servers


async def _made(bootstrap_servers: str) -> bool:
    from shared.stack.topics import ensure_topics

    return bool(await ensure_topics(bootstrap_servers, [TOPIC]))


@pytest.fixture(scope="module")
def another() -> Iterator[Kafka]:
    """Another cluster, with nothing in it."""
    with private_kafka() as broker:
        yield broker


async def send_again(service: Service, pool: asyncpg.Pool, bootstrap_servers: str, *, first: int = 1) -> int:
    sent: dict[int, int] = {}
    async for at in republish(service, pool, bootstrap_servers, partitions=range(PARTITIONS), first=first):
        sent[at.partition] = at.sent
    return sum(sent.values())


async def must_be_whole(pool: asyncpg.Pool, versions: int) -> None:
    wanted, echoed = expected(NAMES, versions)
    assert await rows(pool) == wanted
    assert await echoes(pool) == echoed
    assert not any(place.hole for place in await places(pool))


async def numbers(bootstrap_servers: str) -> int:
    async with TopicReader(bootstrap_servers, TOPIC) as reader:
        return sum((await reader.ends()).values())


async def test_a_topic_deleted_and_made_anew_under_running_consumers_is_written_again_without_a_hole(
    sample_service: Service, pool: asyncpg.Pool, postgres_store: PostgresEventStore, cluster: str
) -> None:
    async with working(sample_service, pool, cluster):
        await write(postgres_store, NAMES, range(5))
        await caught_up(pool)
        await delete_topic(cluster)
        await make_topic(cluster)
        assert len(await lacking(pool, TOPIC, cluster)) > 1
        await send_again(sample_service, pool, cluster)
        await write(postgres_store, NAMES, range(5, 8))
        await caught_up(pool)
        assert await lacking(pool, TOPIC, cluster) == []
    await must_be_whole(pool, 8)


async def test_a_new_topic_that_has_outgrown_the_stored_offsets_is_read_from_its_beginning(
    sample_service: Service, pool: asyncpg.Pool, postgres_store: PostgresEventStore, cluster: str
) -> None:
    async with working(sample_service, pool, cluster):
        await write(postgres_store, NAMES, range(3))
        await caught_up(pool)
        # The old topic has everything twice, so that its offsets fit no other topic.
        await send_again(sample_service, pool, cluster)
        await _until_read_twice(pool)
    await write(postgres_store, NAMES, range(3, 15))
    await _publish_only(sample_service, pool, cluster)
    before = {place.partition: place.next_offset for place in await places(pool) if place.consumer == "views"}
    await delete_topic(cluster)
    await make_topic(cluster)
    await send_again(sample_service, pool, cluster)
    async with TopicReader(cluster, TOPIC) as reader:
        ends = await reader.ends()
    assert all(ends[partition] > offset for partition, offset in before.items() if offset)
    async with working(sample_service, pool, cluster):
        await caught_up(pool)
    await must_be_whole(pool, 15)


async def _until_read_twice(pool: asyncpg.Pool) -> None:
    query = "SELECT bool_and(next_offset >= 2 * (next_seq - 1)) FROM consumer_position"
    async with asyncio.timeout(30):
        while not await pool.fetchval(query):
            await asyncio.sleep(0.05)


async def test_a_new_empty_cluster_takes_the_place_of_the_old_without_double_effect_and_without_a_hole(
    sample_service: Service, pool: asyncpg.Pool, postgres_store: PostgresEventStore, cluster: str, another: Kafka
) -> None:
    async with working(sample_service, pool, cluster):
        await write(postgres_store, NAMES, range(4))
        await caught_up(pool)
    there = another.bootstrap_servers
    await make_topic(there)
    async with working(sample_service, pool, there):
        await write(postgres_store, NAMES, range(4, 6))
        await asyncio.sleep(1)
        sent = await send_again(sample_service, pool, there)
        await caught_up(pool)
        assert await lacking(pool, TOPIC, there) == []
    assert sent >= 6 * len(NAMES)
    await must_be_whole(pool, 6)
    await _a_consumer_that_begins_later_finds_everything(sample_service, pool, there)


async def _a_consumer_that_begins_later_finds_everything(service: Service, pool: asyncpg.Pool, there: str) -> None:
    await pool.execute("DELETE FROM consumer_position WHERE consumer = 'views'")
    await pool.execute("DELETE FROM totals")
    async with working(service, pool, there):
        await caught_up(pool)
    await must_be_whole(pool, 6)


async def test_what_is_written_while_a_topic_is_written_again_leaves_no_hole(
    sample_service: Service, pool: asyncpg.Pool, postgres_store: PostgresEventStore, cluster: str
) -> None:
    async with working(sample_service, pool, cluster):
        await write(postgres_store, NAMES, range(20))
        await caught_up(pool)
        await delete_topic(cluster)
        await make_topic(cluster)
        writing = asyncio.create_task(write(postgres_store, NAMES, range(20, 40)))
        while not writing.done():
            await send_again(sample_service, pool, cluster)
        await caught_up(pool)
    await must_be_whole(pool, 40)
    async with TopicReader(cluster, TOPIC) as reader:
        assert len(await reader.ends()) == PARTITIONS


async def test_a_hole_that_stays_is_healed_from_the_number_that_is_missing(
    sample_service: Service, pool: asyncpg.Pool, postgres_store: PostgresEventStore, cluster: str
) -> None:
    async with working(sample_service, pool, cluster):
        await write(postgres_store, NAMES, range(3))
        await caught_up(pool)
    # A relay alone goes on, and the broker loses what it was given while no consumer ran.
    await write(postgres_store, NAMES, range(3, 5))
    await _publish_only(sample_service, pool, cluster)
    await _lose_all_but_the_last(cluster)
    async with working(sample_service, pool, cluster):
        async with asyncio.timeout(30):
            while not any(place.hole for place in await places(pool)):
                await asyncio.sleep(0.05)
        holes = [place for place in await places(pool) if place.hole]
        await send_again(sample_service, pool, cluster, first=min(place.next_seq for place in holes))
        await caught_up(pool)
    await must_be_whole(pool, 5)


async def _publish_only(service: Service, pool: asyncpg.Pool, bootstrap_servers: str) -> None:
    from shared.relay.relay import Relay
    from shared.wakeup import Wakeup

    relay = Relay(pool, "sample", TOPIC, range(PARTITIONS), bootstrap_servers, Wakeup(pool))
    task = asyncio.create_task(relay.run())
    async with asyncio.timeout(30):
        while not await pool.fetchval(
            "SELECT NOT EXISTS (SELECT FROM outbox) AND bool_and(acked_seq = next_seq - 1) FROM relay_partition"
        ):
            await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _lose_all_but_the_last(bootstrap_servers: str) -> None:
    async with TopicReader(bootstrap_servers, TOPIC) as reader:
        ends = await reader.ends()
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await admin.start()
    lost = {
        TopicPartition(TOPIC, number): RecordsToDelete(before_offset=end - 1) for number, end in ends.items() if end > 1
    }
    await admin.delete_records(lost)
    await admin.close()
