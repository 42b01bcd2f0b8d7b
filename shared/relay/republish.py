"""Writing a topic again from the log: the same events, with the numbers they had, bit for bit."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, NamedTuple

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from shared.relay.relay import BATCH
from shared.relay.send import Sender, Sent, producer
from shared.relay.sequence import Numbered, read_range
from shared.service import Service
from shared.topics.stopping import drop
from shared.wire import Wire

NUMBERED = "SELECT next_seq FROM relay_partition WHERE partition = $1"
HOLD = NUMBERED + " FOR UPDATE"
BEGINS = "UPDATE relay_partition SET first_offset = $2 WHERE partition = $1"
PATIENCE = "SET LOCAL lock_timeout = '10s'"

ATTEMPTS = 6
"""How often a batch is sent, each time by a new producer: a new cluster gives out ids that old producers still use."""


class Told(NamedTuple):
    """How far one partition has come: events sent, and how many there are to send as far as is known."""

    partition: int
    sent: int
    total: int


async def republish(
    service: Service, pool: asyncpg.Pool, bootstrap_servers: str, *, partitions: Sequence[int], first: int = 1
) -> AsyncIterator[Told]:
    """Send the events numbered `first` and later of each partition again; tell as it goes.

    Consumers drop what they have and take what they miss, so it may run at any
    time, beside the relay, and as often as one likes. What the relay numbers
    meanwhile is sent too, so that nothing new stands before what is missing:
    for the last batch of a partition the relay has to wait.
    """
    sending = _Sending(service, bootstrap_servers)
    try:
        for partition in partitions:
            start = first
            while (end := await pool.fetchval(NUMBERED, partition)) - start > BATCH:
                start = await sending.send(pool, partition, start, min(start + BATCH, end))
                yield Told(partition, start - first, end - first)
            end = await _last(pool, sending, partition, start)
            yield Told(partition, max(0, end - first), max(0, end - first))
    finally:
        await sending.stop()


async def _last(pool: asyncpg.Pool, sending: "_Sending", partition: int, start: int) -> int:
    """Send what is left while no number can be given, and return the next one."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(PATIENCE)
        end: int = await connection.fetchval(HOLD, partition)
        return await sending.send(connection, partition, start, end)


class _Sending:
    """A producer for as long as it does; after a failed send another one sends the same again."""

    def __init__(self, service: Service, bootstrap_servers: str) -> None:
        self._topic = service.topic
        self._wire = Wire(service.name)
        self._bootstrap = bootstrap_servers
        self._kafka: AIOKafkaProducer | None = None

    async def send(self, database: Any, partition: int, start: int, end: int) -> int:
        """Send start <= number < end in batches of the relay's size; return where to go on."""
        for at in range(start, end, BATCH):
            events = await read_range(database, partition, at, min(at + BATCH, end) - 1)
            first_offset = await self._acknowledged(events, partition)
            if at == 1 and first_offset is not None:
                await database.execute(BEGINS, partition, first_offset)
        return max(start, end)

    async def _acknowledged(self, events: Sequence[Numbered], partition: int) -> int | None:
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(KafkaError),
            wait=wait_random_exponential(multiplier=0.1, max=2),
            stop=stop_after_attempt(ATTEMPTS),
            before_sleep=self._replace,
            reraise=True,
        )
        sent: Sent = await retrying(self._once, events)
        return sent.first_offsets.get(partition)

    async def _once(self, events: Sequence[Numbered]) -> Sent:
        sent = await Sender(await self._producer(), self._topic, self._wire).send(events)
        await sent.acknowledged()
        return sent

    async def _producer(self) -> AIOKafkaProducer:
        if self._kafka is None:
            kafka = self._kafka = producer(self._bootstrap)
            await kafka.start()
        return self._kafka

    async def _replace(self, _: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Let the producer go."""
        kafka, self._kafka = self._kafka, None
        if kafka is not None:
            await drop(kafka)
