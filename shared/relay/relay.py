"""The relay: one leader for each shard of a service's partitions moves committed events to Kafka, go-back-N."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

import asyncpg
from aiokafka import AIOKafkaProducer

from shared.relay.leadership import leadership
from shared.relay.send import Sender, Sent
from shared.relay.sequence import Sequencer, read_range
from shared.telemetry.log import logger
from shared.wakeup import Wakeup
from shared.wire import Wire

BATCH = 4000
"""Most events numbered in one transaction: larger batches are faster, and make an event wait longer."""

IN_FLIGHT = 2
"""Batches on their way to the broker while the next is being numbered."""

POLL_SECONDS = 0.25
"""How long the relay waits for a wake-up before it looks for itself."""

log = logger("relay")


class Relay:
    """Publishes one shard of one service. Any number may run; one leads, the others wait to take over."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        service: str,
        topic: str,
        partitions: Sequence[int],
        new_producer: Callable[[], AIOKafkaProducer],
        wakeup: Wakeup,
    ) -> None:
        self._pool = pool
        self._topic = topic
        self._wire = Wire(service)
        self._new_producer = new_producer
        self._wakeup = wakeup
        self.partitions = tuple(partitions)

    async def run(self) -> None:
        """Lead while nobody else does, until cancelled or something fails; the caller then runs it again.

        After a failure everything starts behind the last acknowledged number:
        the broker may see events twice, with the numbers they had.
        """
        async with leadership(self._pool, f"relay-{self.partitions[0]}"):
            producer = self._new_producer()
            await producer.start()
            try:
                await self._lead(Sequencer(self._pool, self.partitions), Sender(producer, self._topic, self._wire))
            finally:
                await _drop(producer)

    async def _lead(self, sequencer: Sequencer, sender: Sender) -> None:
        await self._resend(sequencer, sender)
        in_flight: deque[Sent] = deque()
        unwritten = False
        while True:
            batch = await sequencer.next_batch(BATCH) if unwritten or await sequencer.waiting() else []
            unwritten = False
            if batch:
                in_flight.append(await sender.send(batch))
            if len(in_flight) >= IN_FLIGHT or (in_flight and not batch):
                sequencer.acked.update(await in_flight.popleft().acknowledged())
                unwritten = True
            if not batch and not in_flight and not unwritten:
                await self._wakeup.wait(POLL_SECONDS)

    async def _resend(self, sequencer: Sequencer, sender: Sender) -> None:
        for partition, lead in (await sequencer.lead()).items():
            first, end = lead.acked_seq + 1, lead.next_seq
            if first < end:
                log.info("relay.resend", topic=self._topic, partition=partition, first=first, last=end - 1)
            for start in range(first, end, BATCH):
                events = await read_range(self._pool, partition, start, min(start + BATCH, end) - 1)
                sequencer.acked.update(await (await sender.send(events)).acknowledged())


async def _drop(producer: AIOKafkaProducer) -> None:
    """Stop the producer without waiting long for a broker that may be gone: what it holds will be sent again."""
    try:
        await asyncio.wait_for(producer.stop(), timeout=2)
    except Exception as error:
        log.info("relay.producer-dropped", reason=repr(error))
