"""Single nodes of a Kafka of three: the leaders that are named are those whose loss is noticed."""

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from shared.stack.topics import ensure_topics
from shared.testing.kafka_nodes import Nodes
from shared.testing.stack import private_kafka


async def test_of_three_nodes_two_go_on_and_one_refuses_until_another_is_back() -> None:
    with private_kafka(nodes=3) as kafka:
        nodes = Nodes(kafka)
        await ensure_topics(kafka.bootstrap_servers, ["t"], replication=3)
        led = await nodes.leader("t", 0)
        nodes.stop(led)
        assert await nodes.leader("t", 0) != led
        await nodes.start(led)

        controller = await nodes.controller()
        nodes.kill(controller)
        successor = await nodes.controller()
        assert successor != controller
        producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap_servers, acks="all", request_timeout_ms=5_000)
        await producer.start()
        await producer.send_and_wait("t", b"two are enough", partition=0)

        nodes.kill(6 - controller - successor)
        with pytest.raises(KafkaError):
            await producer.send_and_wait("t", b"one is not", partition=0)
        await producer.stop()
        for number in (1, 2, 3):
            await nodes.start(number)
        assert await nodes.controller() in (1, 2, 3)
