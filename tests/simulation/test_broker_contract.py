"""Producers, consumers and groups: the broker in memory does for the kernel what Kafka does."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition

from shared.relay.send import producer
from shared.stack.kafka import Kafka
from shared.stack.topics import ensure_topics
from shared.store.contract import PARTITIONS
from tests.simulation.clients import Consumer, Producer
from tests.simulation.contract import in_a_world
from tests.simulation.world import here


class Simulated:
    """Connections to the broker in memory."""

    topic = "topic"

    def producer(self) -> Any:
        return Producer(here().world.broker, here())

    def consumer(self, group: str) -> Any:
        return Consumer(here().world.broker, here(), group)


class Real:
    """Connections to Kafka."""

    def __init__(self, kafka: Kafka, topic: str) -> None:
        self._kafka = kafka
        self.topic = topic

    def producer(self) -> Any:
        return producer(self._kafka.bootstrap_servers)

    def consumer(self, group: str) -> Any:
        return AIOKafkaConsumer(
            bootstrap_servers=self._kafka.bootstrap_servers,
            group_id=f"{group}-{self.topic}",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )


Connections = Simulated | Real
Scenario = Callable[[Connections], Awaitable[None]]
Play = Callable[[Scenario], Awaitable[None]]


@pytest.fixture
async def topic(kafka: Kafka) -> str:
    name = f"contract-{uuid4().hex[:8]}"
    await ensure_topics(kafka.bootstrap_servers, [name])
    return name


@pytest.fixture(params=["memory", "kafka"])
def play(request: pytest.FixtureRequest) -> Play:
    if request.param == "memory":

        async def simulated(scenario: Scenario) -> None:
            await in_a_world(lambda _: scenario(Simulated()))

        return simulated
    real = Real(request.getfixturevalue("kafka"), request.getfixturevalue("topic"))
    return lambda scenario: scenario(real)


async def send(connections: Connections, partition: int, *values: bytes) -> list[Any]:
    """Send one batch for each value; return what the broker says of them."""
    kafka = connections.producer()
    await kafka.start()
    try:
        futures = []
        for value in values:
            batch = kafka.create_batch()
            assert batch.append(key=b"key", value=value, timestamp=1000, headers=[("name", value)]) is not None
            batch.close()
            assert batch.record_count() == 1
            futures.append(await kafka.send_batch(batch, connections.topic, partition=partition))
        return [await future for future in futures]
    finally:
        await kafka.stop()


class Listener(ConsumerRebalanceListener):  # type: ignore[misc] # aiokafka carries no types
    """Remembers what it was given, and seeks where it is told to."""

    def __init__(self, consumer: Any, start: int | None = None) -> None:
        self._consumer = consumer
        self._start = start
        self.has: set[TopicPartition] = set()

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        self.has -= set(revoked)

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        self.has = set(assigned)
        for place in assigned if self._start is not None else ():
            self._consumer.seek(place, self._start)


@asynccontextmanager
async def member(connections: Connections, group: str, start: int | None = None) -> AsyncIterator[tuple[Any, Listener]]:
    consumer = connections.consumer(group)
    listener = Listener(consumer, start)
    consumer.subscribe([connections.topic], listener=listener)
    await consumer.start()
    try:
        yield consumer, listener
    finally:
        await consumer.stop()


async def read(consumer: Any, count: int) -> list[Any]:
    """Read until so many records are there."""
    found: list[Any] = []
    async with asyncio.timeout(60):
        while len(found) < count:
            for records in (await consumer.getmany(timeout_ms=200, max_records=100)).values():
                found += records
    return found


async def test_batches_of_a_partition_stand_in_the_order_in_which_they_were_sent(play: Play) -> None:
    async def scenario(connections: Connections) -> None:
        values = [b"%d" % number for number in range(5)]
        told = [*await send(connections, 3, *values[:3]), *await send(connections, 3, *values[3:])]
        assert [(item.partition, item.offset) for item in told] == [(3, offset) for offset in range(5)]
        async with member(connections, "group") as (consumer, _):
            found = await read(consumer, 5)
            assert [(item.offset, item.value) for item in found] == list(enumerate(values))
            first = found[0]
            assert (first.topic, first.partition, first.key) == (connections.topic, 3, b"key")
            assert list(first.headers) == [("name", b"0")]
            place = TopicPartition(connections.topic, 3)
            assert consumer.highwater(place) == 5
            assert consumer.last_poll_timestamp(place) is not None

    await play(scenario)


async def test_reading_begins_where_the_listener_seeks(play: Play) -> None:
    async def scenario(connections: Connections) -> None:
        await send(connections, 3, b"0", b"1", b"2", b"3")
        async with member(connections, "group", start=2) as (consumer, _):
            assert [item.value for item in await read(consumer, 2)] == [b"2", b"3"]

    await play(scenario)


async def test_a_read_ends_empty_after_its_time_and_sees_what_comes_later(play: Play) -> None:
    async def scenario(connections: Connections) -> None:
        await send(connections, 3, b"0")
        async with member(connections, "group") as (consumer, _):
            await read(consumer, 1)
            assert not any((await consumer.getmany(timeout_ms=100, max_records=10)).values())
            reading = asyncio.create_task(read(consumer, 1))
            await send(connections, 5, b"later")
            assert [item.value for item in await reading] == [b"later"]

    await play(scenario)


async def test_a_consumer_past_the_end_begins_again_at_the_earliest(play: Play) -> None:
    async def scenario(connections: Connections) -> None:
        await send(connections, 3, b"0", b"1")
        async with member(connections, "group", start=7) as (consumer, _):
            assert [item.value for item in await read(consumer, 2)] == [b"0", b"1"]

    await play(scenario)


async def test_members_share_the_partitions_and_take_over_from_who_leaves(play: Play) -> None:
    async def until(holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not holds():
                await asyncio.sleep(0.05)

    async def scenario(connections: Connections) -> None:
        everything = {TopicPartition(connections.topic, partition) for partition in range(PARTITIONS)}
        async with member(connections, "group") as (_, one):
            await until(lambda: one.has == everything)
            async with member(connections, "group") as (_, other):
                await until(lambda: bool(other.has) and one.has | other.has == everything and not one.has & other.has)
            await until(lambda: one.has == everything)

    await play(scenario)


async def test_what_a_member_reads_after_it_got_a_partition_begins_at_its_place(play: Play) -> None:
    async def scenario(connections: Connections) -> None:
        for partition in range(PARTITIONS):
            await send(connections, partition, b"0", b"1")
        async with member(connections, "group", start=1) as (one, _):
            assert {item.value for item in await read(one, PARTITIONS)} == {b"1"}
            async with member(connections, "group", start=1) as (other, _):
                reading = asyncio.create_task(read(one, 1))
                assert {item.value for item in await read(other, 1)} == {b"1"}
                assert {item.value for item in await reading} == {b"1"}

    await play(scenario)
