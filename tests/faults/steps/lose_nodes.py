"""Lose nodes: of a Kafka of three, one, the controller, a leader, or two are killed and stay away for a while."""

import asyncio
from collections.abc import Sequence
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
PROBE_SECONDS = 6.0


class LoseNodes(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="lose-nodes"):
    """Kill the node that is `which`, and others up to `count`; `seconds` later the keeper starts them again.

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
            probing, pause = asyncio.create_task(acknowledged(deployment)), asyncio.sleep(self.seconds)
            await pause
            if await probing != enough:
                raise StepFailed(f"without {', '.join(names)} a record was {'' if not enough else 'not '}acknowledged")

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


async def acknowledged(deployment: Deployment) -> bool:
    """Tell whether Kafka acknowledges a record to a topic of three copies within some seconds."""
    producer = AIOKafkaProducer(bootstrap_servers=deployment.kafka.bootstrap_servers, acks="all")
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            await producer.start()
            await producer.send_and_wait(PROBE, b"probe", partition=0)
    except (KafkaError, TimeoutError):
        return False
    finally:
        stopping = asyncio.create_task(producer.stop())
        await asyncio.wait([stopping], timeout=2)
        stopping.cancel()
    return True
