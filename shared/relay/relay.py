"""The relay: one leader for each shard of a service's partitions moves committed events to Kafka, go-back-N."""

from collections import deque
from collections.abc import Mapping, Sequence

import asyncpg

from shared.pace import Pace
from shared.relay.ahead import look
from shared.relay.leadership import leadership
from shared.relay.send import Sender, Sent, producer
from shared.relay.sequence import Lead, Sequencer, read_range, without_scans
from shared.telemetry.log import logger
from shared.topics.origin import while_unchanged
from shared.topics.stopping import drop
from shared.wakeup import Wakeup
from shared.wire import Wire

BATCH = 4000
"""Most events numbered in one transaction: larger batches are faster, and make an event wait longer."""

IN_FLIGHT = 2
"""Batches on their way to the broker while the next is being numbered."""

PACE_SECONDS = 0.008
"""The least time from one batch to the next: what an event may reach Kafka later for it, under load."""

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
        bootstrap_servers: str,
        wakeup: Wakeup,
    ) -> None:
        self._pool = pool
        self._topic = topic
        self._wire = Wire(service)
        self._bootstrap = bootstrap_servers
        self._wakeup = wakeup
        self.partitions = tuple(partitions)

    async def run(self) -> None:
        """Lead while nobody else does, until cancelled or something fails; the caller then runs it again.

        Raises Ahead, and sends nothing, when the topic holds numbers that the log
        hasn't given, and Replaced when the topic turns out to be another log than it
        was: a producer's id counts in its own cluster alone. After a failure
        everything starts behind the last acknowledged number: the broker may see
        events twice, with the numbers they had.
        """
        async with leadership(self._pool, f"relay-{self.partitions[0]}"):
            kafka = producer(self._bootstrap)
            try:
                await kafka.start()
                async with without_scans(self._pool) as connection:
                    await self._lead(Sequencer(connection, self.partitions), Sender(kafka, self._topic, self._wire))
            finally:
                await drop(kafka)

    async def _lead(self, sequencer: Sequencer, sender: Sender) -> None:
        leads = await sequencer.lead()
        looked = await look(self._pool, self._topic, self._bootstrap)
        if looked.origin:
            await sequencer.looked(looked.origin, looked.ends)
        async with while_unchanged(self._bootstrap, self._topic, looked.origin):
            await self._resend(sequencer, sender, leads)
            await self._send(sequencer, sender)

    async def _send(self, sequencer: Sequencer, sender: Sender) -> None:
        in_flight: deque[Sent] = deque()
        unwritten = True  # what was sent again
        pace = Pace(PACE_SECONDS)
        full = False
        while True:
            await pace.keep(full=full)
            batch = []
            if unwritten or await sequencer.waiting():
                pace.begin()
                batch = await sequencer.next_batch(BATCH)
            unwritten, full = False, len(batch) >= BATCH
            if batch:
                in_flight.append(await sender.send(batch))
            if len(in_flight) >= IN_FLIGHT or (in_flight and not batch):
                sent = in_flight.popleft()
                sequencer.acked.update(await sent.acknowledged())
                sequencer.acked_offsets.update(sent.offsets)
                unwritten = True
            if not batch and not in_flight and not unwritten:
                await self._wakeup.wait(POLL_SECONDS)

    async def _resend(self, sequencer: Sequencer, sender: Sender, leads: Mapping[int, Lead]) -> None:
        for partition, lead in leads.items():
            first, end = lead.acked_seq + 1, lead.next_seq
            if first < end:
                log.info("relay.resend", topic=self._topic, partition=partition, first=first, last=end - 1)
            for start in range(first, end, BATCH):
                events = await read_range(self._pool, partition, start, min(start + BATCH, end) - 1)
                sent = await sender.send(events)
                sequencer.acked.update(await sent.acknowledged())
                sequencer.acked_offsets.update(sent.offsets)
