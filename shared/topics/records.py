"""Reading what a topic holds now, partition by partition, from given offsets up to where it ends."""

from collections.abc import AsyncIterator, Mapping
from typing import Self

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.policies.policy import RawRecord
from shared.store.contract import PARTITIONS
from shared.topics.fetching import must_fetch
from shared.topics.stopping import stop

PAGE = 5000
POLL_MILLISECONDS = 200


class TopicReader:
    """A connection that reads one topic, outside of any group; used as a context."""

    def __init__(self, bootstrap_servers: str, topic: str) -> None:
        self._kafka = AIOKafkaConsumer(bootstrap_servers=bootstrap_servers, auto_offset_reset="earliest")
        self._places = [TopicPartition(topic, partition) for partition in range(PARTITIONS)]

    async def __aenter__(self) -> Self:
        """Connect. Raises KafkaError."""
        try:
            await self._kafka.start()
        except BaseException:
            await stop(self._kafka)
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        """Disconnect."""
        await stop(self._kafka)

    async def beginnings(self) -> Mapping[int, int]:
        """Return the first offset of each partition that is still there."""
        found = await self._kafka.beginning_offsets(self._places)
        return {place.partition: offset for place, offset in found.items()}

    async def ends(self) -> Mapping[int, int]:
        """Return the offset of each partition that will be written next."""
        found = await self._kafka.end_offsets(self._places)
        return {place.partition: offset for place, offset in found.items()}

    async def records(self, since: Mapping[int, int], until: Mapping[int, int]) -> AsyncIterator[list[RawRecord]]:
        """Yield the records with since <= offset < until of each partition, in order within it, in pages."""
        left = {place for place in self._places if since[place.partition] < until[place.partition]}
        self._kafka.assign(list(left))
        for place in left:
            self._kafka.seek(place, since[place.partition])
        while left:
            must_fetch(self._kafka)
            fetched = await self._kafka.getmany(timeout_ms=POLL_MILLISECONDS, max_records=PAGE)
            yield [
                RawRecord(item.topic, item.partition, item.offset, item.key, item.headers, item.value)
                for place, items in fetched.items()
                for item in items
                if item.offset < until[place.partition]
            ]
            done = {place for place in left if await self._kafka.position(place) >= until[place.partition]}
            self._kafka.pause(*done)
            left -= done
