"""Publishes touchpoints as a shop's integration would: through an idempotent producer, keyed by customer."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any
from zlib import crc32

from aiokafka import AIOKafkaProducer

from rapport.demo.log import Message
from shared.store.contract import PARTITIONS

CHUNK = 4000
TOPIC = "rapport.touchpoints.v1"


async def publish(bootstrap_servers: str, messages: Iterable[Message], told: Callable[[int], None]) -> int:
    """Send all messages, each acknowledged by Kafka, and return how many; `told` hears of each chunk's size."""
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap_servers, acks="all", enable_idempotence=True, max_batch_size=512 * 1024
    )
    await producer.start()
    sent = 0
    rest = iter(messages)
    try:
        while chunk := list(islice(rest, CHUNK)):
            await _send(producer, chunk)
            sent += len(chunk)
            told(len(chunk))
    finally:
        await producer.stop()
    return sent


async def _send(producer: AIOKafkaProducer, chunk: list[Message]) -> None:
    by_partition: dict[int, list[Message]] = defaultdict(list)
    for message in chunk:
        by_partition[crc32(message.key) % PARTITIONS].append(message)
    futures: list[Any] = []
    for partition, group in by_partition.items():
        batch = producer.create_batch()
        for message in group:
            while batch.append(key=message.key, value=message.value, timestamp=None, headers=message.headers) is None:
                batch.close()
                futures.append(await producer.send_batch(batch, TOPIC, partition=partition))
                batch = producer.create_batch()
        batch.close()
        futures.append(await producer.send_batch(batch, TOPIC, partition=partition))
    await asyncio.gather(*futures)
