"""Which log a topic is: the ids of its cluster and of the topic itself, which no other has, whatever it is called."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Self

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from shared.topics.metadata import NOWHERE, TopicMetadata

ORIGIN_SECONDS = 3.0
"""How often consumers and relays look whether a topic is still the log that it was."""


SILENCE_MILLISECONDS = 10_000
"""How long a broker may leave the question unanswered; the consumer that asks it takes nothing meanwhile."""


class Replaced(Exception):
    """A topic is another log now: it was made anew, or the address leads to another cluster."""


class Origins:
    """A connection to Kafka that tells the origins of topics; used as a context."""

    def __init__(self, bootstrap_servers: str) -> None:
        self._bootstrap = bootstrap_servers
        self._client = self._new_client()

    async def __aenter__(self) -> Self:
        """Connect. Raises KafkaConnectionError."""
        try:
            await self._client.bootstrap()
        except BaseException:
            await self._client.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        """Disconnect."""
        await self._client.close()

    def _new_client(self) -> AIOKafkaClient:
        return AIOKafkaClient(bootstrap_servers=self._bootstrap, request_timeout_ms=SILENCE_MILLISECONDS)

    async def of(self, topics: Sequence[str]) -> Mapping[str, str]:
        """Return `<cluster id>/<topic id>` of each topic; one that isn't there now is left out.

        A cluster before Kafka 2.8 gives topics no ids: then its own must do, and a
        topic that was deleted and made anew there can't be told from the old one.
        Raises KafkaError when no broker answers, by the addresses first given.
        """
        request = TopicMetadata(list(topics))
        try:
            told = await self._ask(request)
        except KafkaError:
            # What the client knows of the brokers may be of a cluster that is gone.
            await self._client.close()
            self._client = self._new_client()
            await self._client.bootstrap()
            told = await self._ask(request)
        return {
            item["topic"]: f"{told['cluster_id']}/{item.get('topic_id', NOWHERE)}"
            for item in told["topics"]
            if item["error_code"] == 0
        }

    async def _ask(self, request: TopicMetadata) -> dict[str, Any]:
        answer = await self._client.send(self._client.get_random_node(), request)
        told: dict[str, Any] = answer.to_object()
        return told


async def origins(bootstrap_servers: str, topics: Sequence[str]) -> Mapping[str, str]:
    """Return the origins of `topics` now; see `Origins.of`."""
    async with Origins(bootstrap_servers) as there:
        return await there.of(topics)


@asynccontextmanager
async def while_unchanged(bootstrap_servers: str, topic: str, origin: str | None) -> AsyncIterator[None]:
    """Do what stands inside for as long as `topic` is the log `origin`; then it is cancelled, and Replaced raised.

    Where no origin is known yet, the first that is found counts.
    """
    async with Origins(bootstrap_servers) as there, asyncio.TaskGroup() as group:
        watching = group.create_task(_watch(there, topic, origin))
        yield
        watching.cancel()


async def _watch(there: Origins, topic: str, origin: str | None) -> None:
    while True:
        await asyncio.sleep(ORIGIN_SECONDS)
        found = None
        with suppress(KafkaError):  # while no broker answers there is nothing to be told
            found = (await there.of([topic])).get(topic)
        if origin and found and found != origin:
            raise Replaced(topic)
        origin = origin or found
