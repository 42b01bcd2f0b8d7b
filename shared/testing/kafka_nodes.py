"""Single nodes of a private Kafka: who leads what, and ending, stopping or starting one of them."""

import asyncio
import signal
from typing import Any

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import CompactArray, CompactString, Int16, Int32, Int64, Schema, TaggedFields

from shared.stack.kafka import STOP_SECONDS, Kafka
from shared.stack.processes import Process
from shared.topics.metadata import TopicMetadata

PATIENCE_SECONDS = 30.0
_METADATA = "__cluster_metadata"

_REPLICAS = CompactArray(("replica_id", Int32), ("log_end_offset", Int64), ("tags", TaggedFields))


class _Response0(Response):  # type: ignore[misc] # aiokafka carries no types
    API_KEY = 55
    API_VERSION = 0
    FLEXIBLE_VERSION = True
    SCHEMA = Schema(
        ("error_code", Int16),
        (
            "topics",
            CompactArray(
                ("topic", CompactString("utf-8")),
                (
                    "partitions",
                    CompactArray(
                        ("partition", Int32),
                        ("error_code", Int16),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("high_watermark", Int64),
                        ("voters", _REPLICAS),
                        ("observers", _REPLICAS),
                        ("tags", TaggedFields),
                    ),
                ),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class _Request0(RequestStruct):  # type: ignore[misc] # as above
    API_KEY = 55
    API_VERSION = 0
    FLEXIBLE_VERSION = True
    RESPONSE_TYPE = _Response0
    SCHEMA = Schema(
        (
            "topics",
            CompactArray(
                ("topic", CompactString("utf-8")),
                ("partitions", CompactArray(("partition", Int32), ("tags", TaggedFields))),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class _DescribeQuorum(Request[_Request0]):  # type: ignore[misc] # as above
    """Asks who leads the controllers; the answer to a plain metadata request names any broker instead."""

    API_KEY = 55

    def build(self, request_struct_class: Any) -> Any:
        return _Request0([(_METADATA, [(0, {})], {})], {})


class Nodes:
    """The nodes of one Kafka, numbered from 1."""

    def __init__(self, kafka: Kafka) -> None:
        self._kafka = kafka

    async def controller(self) -> int:
        """Return the node that is the active controller. Waits for an election; raises TimeoutError."""
        return await self._asked(self._controller)

    async def leader(self, topic: str, partition: int) -> int:
        """Return the node that leads a partition. Waits for an election; raises TimeoutError."""

        async def asked(client: AIOKafkaClient) -> int:
            answer = await client.send(client.get_random_node(), TopicMetadata([topic]))
            (found,) = answer.to_object()["topics"]
            return next((item["leader"] for item in found["partitions"] if item["partition"] == partition), -1)

        return await self._asked(asked)

    async def _controller(self, client: AIOKafkaClient) -> int:
        answer = await client.send(client.get_random_node(), _DescribeQuorum())
        told = answer.to_object()
        return int(told["topics"][0]["partitions"][0]["leader"]) if told["topics"] else -1

    async def _asked(self, question: Any) -> int:
        """Ask until a node is named that runs."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                client = AIOKafkaClient(bootstrap_servers=self._kafka.bootstrap_servers, request_timeout_ms=2000)
                try:
                    await client.bootstrap()
                    found = await question(client)
                    if found > 0 and self.running(found):
                        return int(found)
                except (KafkaError, ValueError, OSError):
                    pass  # no node answers as long as there is no leader
                finally:
                    await client.close()
                await asyncio.sleep(0.2)

    def running(self, number: int) -> list[Process]:
        """Return the node's process while it runs."""
        return self._kafka.brokers[number - 1].running()

    def signal(self, number: int, sign: signal.Signals) -> None:
        """Send a signal to the node."""
        for process in self.running(number):
            if found := process.found():
                found.send_signal(sign)

    def kill(self, number: int) -> None:
        """End the node at once, as a crash would."""
        for process in self.running(number):
            process.kill()

    def stop(self, number: int) -> None:
        """Ask the node to hand over what it leads and to end."""
        for process in self.running(number):
            process.stop(STOP_SECONDS)

    async def start(self, number: int) -> Process:
        """Start the node unless it runs, and wait until it listens. Raises TimeoutError."""
        process = await asyncio.to_thread(self._kafka.launch, number)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not self._kafka.brokers[number - 1].listens(process):  # noqa: ASYNC110 - another process does it
                await asyncio.sleep(0.05)
        return process
