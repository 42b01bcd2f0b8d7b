"""Writing a topic again from the log: the same events, with the numbers they had, bit for bit."""

from collections.abc import AsyncIterator, Sequence

import asyncpg

from shared.relay.relay import BATCH
from shared.relay.send import Sender, producer
from shared.relay.sequence import read_range
from shared.service import Service
from shared.wire import Wire

NUMBERED = "SELECT partition, next_seq FROM relay_partition WHERE partition = ANY($1::smallint[]) ORDER BY partition"


async def republish(
    service: Service, pool: asyncpg.Pool, bootstrap_servers: str, *, partitions: Sequence[int], first: int = 1
) -> AsyncIterator[tuple[int, int, int]]:
    """Send the events numbered `first` and later of each partition again; yield (partition, sent, last) as it goes.

    Consumers drop what they have and take what they miss, so it may run at any
    time, beside the relay, and as often as one likes.
    """
    kafka = producer(bootstrap_servers)
    await kafka.start()
    try:
        sender = Sender(kafka, service.topic, Wire(service.name))
        for partition, next_seq in await pool.fetch(NUMBERED, list(partitions)):
            for start in range(first, next_seq, BATCH):
                events = await read_range(pool, partition, start, min(start + BATCH, next_seq) - 1)
                await (await sender.send(events)).acknowledged()
                yield partition, min(start + BATCH, next_seq) - first, next_seq - first
    finally:
        await kafka.stop()
