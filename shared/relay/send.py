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

    def __init__(self, futures: Sequence[Awaitable[Any]], last: Mapping[int, int]) -> None:
        self._futures = futures
        self._last = last

    async def acknowledged(self) -> Mapping[int, int]:
        """Return the last number of each partition once the broker holds all of them; raise if it refused one."""
        await asyncio.gather(*self._futures)
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
        last: dict[int, int] = {}
        for partition, group in groupby(events, key=lambda item: item.partition):
            batch = self._kafka.create_batch()
            for _, seq, row in group:
                key, value, timestamp, headers = self._wire.record(seq, row)
                while batch.append(key=key, value=value, timestamp=timestamp, headers=headers) is None:
                    futures.append(await self._send(batch, partition))
                    batch = self._kafka.create_batch()
                last[partition] = seq
            futures.append(await self._send(batch, partition))
        return Sent(futures, last)

    async def _send(self, batch: Any, partition: int) -> Awaitable[Any]:
        batch.close()
        future: Awaitable[Any] = await self._kafka.send_batch(batch, self._topic, partition=partition)
        return future
