"""What a consumer's fetches may do to it when they are cancelled: it stops whole, and its end is noticed."""

import asyncio

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.stack.kafka import Kafka
from shared.stack.topics import ensure_topics
from shared.topics.fetching import FetchingEnded, must_fetch
from shared.topics.stopping import stop


@pytest.fixture
async def fetching(kafka: Kafka) -> AIOKafkaConsumer:
    """A consumer whose fetch waits at the broker, which has nothing to give."""
    await ensure_topics(kafka.bootstrap_servers, ["stopping.v1"])
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap_servers, fetch_max_wait_ms=60_000)
    await consumer.start()
    consumer.assign([TopicPartition("stopping.v1", 0)])
    await consumer.getmany(timeout_ms=100)
    return consumer


async def test_a_fetch_under_way_neither_ends_whoever_stops_it_nor_stays_open(fetching: AIOKafkaConsumer) -> None:
    connections = list(fetching._client._conns.values())
    pending = set(fetching._fetcher._pending_tasks)
    assert connections
    never_begun = asyncio.create_task(asyncio.sleep(60))
    fetching._fetcher._pending_tasks = {*pending, never_begun}
    await stop(fetching)
    assert not any(connection.connected() for connection in connections)
    for task in pending:
        task.cancel()


async def test_fetching_that_ended_in_silence_is_noticed(fetching: AIOKafkaConsumer) -> None:
    must_fetch(fetching)
    cancelled = asyncio.create_task(asyncio.sleep(60))
    cancelled.cancel()
    fetching._fetcher._pending_tasks.add(cancelled)
    fetching._fetcher._wait_consume_future.set_result(None)  # it looks at what has ended
    async with asyncio.timeout(20):
        while not fetching._fetcher._fetch_task.done():
            await asyncio.sleep(0.02)
    with pytest.raises(FetchingEnded):
        must_fetch(fetching)
    await stop(fetching)
