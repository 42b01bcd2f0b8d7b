"""Lose nodes: of a Kafka of three, one, the controller, a leader, or two are killed and stay away for a while."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated, Literal

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from msgspec import Meta

from services.contact.policies.touchpoints import TOPIC
from shared.stack.topics import ensure_topics
from shared.testing.kafka_nodes import Nodes
from tests.faults.deployment import Deployment
from tests.faults.steps.step import Step, StepFailed

PROBE = "rapport.faults.v1"
PATIENCE_SECONDS = 60.0
"""For an election on a busy machine; usually it takes three."""


class LoseNodes(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="lose-nodes"):
    """Kill the node that is `which`, and others up to `count`; `seconds` later, or later still where an election takes
    so long, the keeper starts them again.

    Raises StepFailed when Kafka acknowledges a record of which it can keep one copy alone, or doesn't acknowledge one
    of which it can keep two.
    """

    which: Literal["any", "controller", "leader"] = "any"
    count: Annotated[int, Meta(ge=1, le=2)] = 1
    seconds: float = 8.0

    async def run(self, deployment: Deployment) -> None:
        nodes = Nodes(deployment.kafka)
        await ensure_topics(deployment.kafka.bootstrap_servers, [PROBE], replication=deployment.kafka.replication)
        lost = await self._choose(deployment, nodes)
        names = [f"kafka.{number}" for number in lost]
        async with deployment.held_down(names):
            for name in names:
                await deployment.kill(name)
            enough = len(deployment.kafka.brokers) - len(lost) >= 2
            probing = asyncio.create_task(acknowledged(deployment, PATIENCE_SECONDS if enough else self.seconds))
            await asyncio.sleep(self.seconds)
            if await probing != enough:
                raise StepFailed(f"without {', '.join(names)} a record was {'not ' if enough else ''}acknowledged")

    async def _choose(self, deployment: Deployment, nodes: Nodes) -> Sequence[int]:
        everyone = list(range(1, len(deployment.kafka.brokers) + 1))
        match self.which:
            case "controller":
                first = await nodes.controller()
            case "leader":
                first = await nodes.leader(TOPIC, 0)
            case "any":
                first = deployment.random.choice(everyone)
        others = [number for number in everyone if number != first]
        return [first, *deployment.random.sample(others, self.count - 1)]


async def acknowledged(deployment: Deployment, seconds: float) -> bool:
    """Tell whether Kafka acknowledges a record to a topic of three copies within so many seconds."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while not await _acknowledged(deployment.kafka.bootstrap_servers):
                await asyncio.sleep(0.2)
            return True
    return False


async def _acknowledged(bootstrap_servers: str) -> bool:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap_servers, acks="all")
    try:
        await producer.start()
        await producer.send_and_wait(PROBE, b"probe", partition=0)
    except KafkaError:
        return False
    finally:
        with suppress(KafkaError, TimeoutError):
            await asyncio.wait_for(producer.stop(), 2)
    return True
