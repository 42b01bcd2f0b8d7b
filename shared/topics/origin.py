"""Which log a topic is: the ids of its cluster and of the topic itself, which no other has, whatever it is called."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from shared.topics.metadata import NOWHERE, TopicMetadata


class Origins:
    """A connection to Kafka that tells the origins of topics; used as a context."""

    def __init__(self, bootstrap_servers: str) -> None:
        self._bootstrap = bootstrap_servers
        self._client = AIOKafkaClient(bootstrap_servers=bootstrap_servers)

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
            self._client = AIOKafkaClient(bootstrap_servers=self._bootstrap)
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
