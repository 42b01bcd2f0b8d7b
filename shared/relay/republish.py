"""Writing a topic again from the log: the same events, with the numbers they had, bit for bit."""

from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

import asyncpg

from shared.relay.relay import BATCH
from shared.relay.send import Sender, producer
from shared.relay.sequence import read_range
from shared.service import Service
from shared.wire import Wire

NUMBERED = "SELECT next_seq FROM relay_partition WHERE partition = $1"
HOLD = NUMBERED + " FOR UPDATE"
BEGINS = "UPDATE relay_partition SET first_offset = $2 WHERE partition = $1"
PATIENCE = "SET LOCAL lock_timeout = '10s'"


class Sent(NamedTuple):
    """How far one partition has come: events sent, and how many there are to send as far as is known."""

    partition: int
    sent: int
    total: int


async def republish(
    service: Service, pool: asyncpg.Pool, bootstrap_servers: str, *, partitions: Sequence[int], first: int = 1
) -> AsyncIterator[Sent]:
    """Send the events numbered `first` and later of each partition again; tell as it goes.

    Consumers drop what they have and take what they miss, so it may run at any
    time, beside the relay, and as often as one likes. What the relay numbers
    meanwhile is sent too, so that nothing new stands before what is missing:
    for the last batch of a partition the relay has to wait.
    """
    kafka = producer(bootstrap_servers)
    try:
        await kafka.start()
        sender = Sender(kafka, service.topic, Wire(service.name))
        for partition in partitions:
            start = first
            while (end := await pool.fetchval(NUMBERED, partition)) - start > BATCH:
                start = await _send(pool, sender, partition, start, min(start + BATCH, end))
                yield Sent(partition, start - first, end - first)
            end = await _last(pool, sender, partition, start)
            yield Sent(partition, max(0, end - first), max(0, end - first))
    finally:
        await kafka.stop()


async def _last(pool: asyncpg.Pool, sender: Sender, partition: int, start: int) -> int:
    """Send what is left while no number can be given, and return the next one."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(PATIENCE)
        end: int = await connection.fetchval(HOLD, partition)
        return await _send(connection, sender, partition, start, end)


async def _send(database: asyncpg.Pool, sender: Sender, partition: int, start: int, end: int) -> int:
    """Send start <= number < end in batches of the relay's size; return where to go on."""
    for at in range(start, end, BATCH):
        sent = await sender.send(await read_range(database, partition, at, min(at + BATCH, end) - 1))
        await sent.acknowledged()
        if at == 1 and partition in sent.first_offsets:
            await database.execute(BEGINS, partition, sent.first_offsets[partition])
    return max(start, end)
