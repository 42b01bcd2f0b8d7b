"""Stopping Kafka's clients whole: whatever they are doing, nothing of them stays, and whoever stops them goes on."""

import asyncio
import os
import signal

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from shared.relay.send import producer
from shared.stack.kafka import Kafka
from shared.stack.topics import ensure_topics
from shared.topics.fetching import FetchingEnded, must_fetch
from shared.topics.stopping import DROP_SECONDS, drop, stop


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


async def test_of_a_producer_whose_broker_does_not_answer_nothing_stays(kafka: Kafka) -> None:
    await ensure_topics(kafka.bootstrap_servers, ["stopping.v1"])
    before = asyncio.all_tasks()
    sending = producer(kafka.bootstrap_servers)
    await sending.start()
    await sending.send_and_wait("stopping.v1", b"1", partition=0)
    (broker,) = kafka.running()
    os.kill(broker.pid, signal.SIGSTOP)
    try:
        sent = await sending.send("stopping.v1", b"2", partition=0)
        await asyncio.sleep(0.1)
        async with asyncio.timeout(3 * DROP_SECONDS):
            await drop(sending)
        assert isinstance(sent.exception(), KafkaError)
        await asyncio.sleep(0.2)
        assert asyncio.all_tasks() == before
        assert not any(connection.connected() for connection in sending.client._conns.values())
    finally:
        os.kill(broker.pid, signal.SIGCONT)


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
