"""The relay's second half: numbered events go to Kafka in order, each partition's in batches of their own."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from itertools import groupby
from typing import Any

from aiokafka import AIOKafkaProducer

from shared.relay.sequence import Numbered
from shared.wire import Wire

BATCH_BYTES = 512 * 1024
"""The largest batch sent to one partition; below the broker's default limit of 1 MiB for a message set."""


def producer(bootstrap_servers: str) -> AIOKafkaProducer:
    """Return a producer, not started yet, whose sends are acknowledged by all replicas and repeated at most once."""
    return AIOKafkaProducer(
        bootstrap_servers=bootstrap_servers,
        acks="all",
        enable_idempotence=True,
        max_batch_size=BATCH_BYTES,
        linger_ms=0,
        request_timeout_ms=20_000,
    )


class Sent:
    """Batches on their way: wait for them, and learn what is acknowledged in each partition."""

    def __init__(self, futures: Sequence[Awaitable[Any]], sizes: Sequence[int], last: Mapping[int, int]) -> None:
        self._futures = futures
        self._sizes = sizes
        self._last = last
        self.offsets: Mapping[int, int] = {}
        """Once acknowledged: the offset of the last record of each partition, where the broker told it."""
        self.first_offsets: Mapping[int, int] = {}
        """As above: the offset of the first."""

    async def acknowledged(self) -> Mapping[int, int]:
        """Return the last number of each partition once the broker holds all of them; raise if it refused one."""
        told = list(zip(await asyncio.gather(*self._futures), self._sizes, strict=True))
        # A batch that was repeated, of which the broker had the first, has no offset.
        self.offsets = {batch.partition: batch.offset + size - 1 for batch, size in told if batch.offset >= 0}
        self.first_offsets = {batch.partition: batch.offset for batch, _ in reversed(told) if batch.offset >= 0}
        return self._last


class Sender:
    """Sends the events of one service's topic."""

    def __init__(self, kafka: AIOKafkaProducer, topic: str, wire: Wire) -> None:
        self._kafka = kafka
        self._topic = topic
        self._wire = wire

    async def send(self, events: Sequence[Numbered]) -> Sent:
        """Hand `events`, ordered by partition and number, to the producer, and return without waiting for the broker.

        The producer keeps one batch of a partition in flight, so the order holds
        as long as nothing fails; after a failure the caller must drop the
        producer and begin again behind the last acknowledged number.
        """
        futures: list[Awaitable[Any]] = []
        sizes: list[int] = []
        last: dict[int, int] = {}
        for partition, group in groupby(events, key=lambda item: item.partition):
            batch = self._kafka.create_batch()
            for _, seq, row in group:
                key, value, timestamp, headers = self._wire.record(seq, row)
                while batch.append(key=key, value=value, timestamp=timestamp, headers=headers) is None:
                    sizes.append(batch.record_count())
                    futures.append(await self._send(batch, partition))
                    batch = self._kafka.create_batch()
                last[partition] = seq
            sizes.append(batch.record_count())
            futures.append(await self._send(batch, partition))
        return Sent(futures, sizes, last)

    async def _send(self, batch: Any, partition: int) -> Awaitable[Any]:
        batch.close()
        future: Awaitable[Any] = await self._kafka.send_batch(batch, self._topic, partition=partition)
        return future
