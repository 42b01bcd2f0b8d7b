"""A consumer: reads its topics from Kafka and gives each batch to its handlers, from where its own database says."""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial

import asyncpg
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord

from shared.clock import Clock
from shared.consumers.batch import Batch
from shared.consumers.freshness import Freshness
from shared.consumers.handler import Handler
from shared.consumers.lanes import BATCH, Lane, take_in_lanes
from shared.consumers.position import Place, Position, Positions
from shared.errors import Conflict
from shared.policies.policy import RawRecord, Source
from shared.privacy.vault import Vault
from shared.store.contract import PARTITIONS
from shared.supervise import whole
from shared.telemetry.log import logger
from shared.topics.fetching import must_fetch
from shared.topics.origin import ORIGIN_SECONDS, Origins, Replaced
from shared.topics.stopping import stop

SILENCE_MILLISECONDS = 20_000
"""How long a broker may leave a request unanswered before the connection is given up: it may be dead without any end
having heard of it. Longer than a session lasts, since joining a group waits for members that have vanished."""

CONFLICT_ATTEMPTS = 10

log = logger("consumer")


class Consumer:
    """One named consumer of a service; any number of processes share its partitions by Kafka's group."""

    def __init__(
        self,
        service: str,
        name: str,
        pool: asyncpg.Pool,
        handlers: Sequence[Handler],
        sources: Sequence[Source[object]],
        bootstrap_servers: str,
        clock: Clock,
        committed: Callable[[], None],
        vault: Vault | None = None,
    ) -> None:
        self.name = name
        self._pool = pool
        topics = {source.topic: source for source in sources}
        self._batch = Batch(name, pool, handlers, topics, clock, committed, vault)
        self._topics = [source.topic for source in sources]
        self._freshness = Freshness(name, pool)
        self._group = f"rapport.{service}.{name}"
        self._bootstrap = bootstrap_servers

    async def run(self) -> None:
        """Consume until cancelled or something fails; the caller then runs it again, from the stored places."""
        places: dict[Place, Position] = {}
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_bytes=8 * 1024 * 1024,
            max_partition_fetch_bytes=1024 * 1024,
            request_timeout_ms=SILENCE_MILLISECONDS,
            session_timeout_ms=10_000,
            heartbeat_interval_ms=1_000,
            # By range, one member gets the partitions of one number of all topics, which hold the same customers.
            partition_assignment_strategy=(RangePartitionAssignor,),
        )
        try:
            async with Origins(self._bootstrap) as origins:
                takeover = _Takeover(self.name, self._topics, self._pool, consumer, places, origins)
                consumer.subscribe(self._topics, listener=takeover)
                await consumer.start()
                await self._consume(consumer, takeover, places)
        finally:
            await asyncio.shield(stop(consumer))

    async def _consume(self, consumer: AIOKafkaConsumer, takeover: "_Takeover", places: dict[Place, Position]) -> None:
        async def take(lane: Lane) -> int:
            await takeover.check()
            must_fetch(consumer)
            fetched = await consumer.getmany(*lane.partitions, timeout_ms=lane.wait_milliseconds, max_records=BATCH)
            records = _ours(fetched, places)
            if records:
                lane.pace.begin()
                await self._take(records, places)
            await self._freshness.note(consumer, places)
            return len(records)

        await whole(partial(take_in_lanes, self._topics, take))

    async def _take(self, records: Sequence[RawRecord], places: dict[Place, Position]) -> None:
        for _ in range(CONFLICT_ATTEMPTS):
            try:
                await self._batch.take(records, places)
            except Conflict:
                continue
            return
        raise Conflict([self.name])


class _Takeover(ConsumerRebalanceListener):  # type: ignore[misc] # aiokafka carries no types
    """On assignment: raise the epoch of each partition, learn the place, seek there.

    A place counts in the log in which it was reached. When a topic is another
    log than it was, the consumer fails, and begins again at that log's beginning.

    Nothing is needed on revocation: whoever gets the partition raises its
    epoch, and a batch that is still under way here fails at its fence.
    """

    def __init__(
        self,
        name: str,
        topics: Sequence[str],
        pool: asyncpg.Pool,
        consumer: AIOKafkaConsumer,
        places: dict[Place, Position],
        origins: Origins,
    ) -> None:
        self._name = name
        self._topics = topics
        self._positions = Positions(name)
        self._pool = pool
        self._consumer = consumer
        self._places = places
        self._origins = origins
        self._logs: Mapping[str, str] | None = None
        self._failure: Exception | None = None
        self._checked = time.monotonic()

    async def check(self) -> None:
        """Raise what failed on assignment; from time to time, look whether a topic was replaced."""
        if self._failure:
            raise self._failure
        if self._logs is None or time.monotonic() - self._checked < ORIGIN_SECONDS:
            return
        self._checked = time.monotonic()
        now: Mapping[str, str] = {}
        with suppress(KafkaError):  # while no broker answers there is nothing to be read either
            now = await self._origins.of(self._topics)
        for topic, origin in now.items():
            was = self._logs.get(topic)
            if origin != was:
                log.warning("topic.replaced", consumer=self._name, topic=topic, was=was, found=origin)
                raise Replaced(topic)

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        for partition in revoked:
            self._places.pop(_key(partition), None)

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """Take the partitions over. aiokafka would only log what fails here, so the consumer is told."""
        self._places.clear()
        try:
            await self._take(assigned)
        except Exception as error:
            self._failure = error

    async def _take(self, assigned: Collection[TopicPartition]) -> None:
        if strange := [partition for partition in assigned if partition.partition >= PARTITIONS]:
            raise RuntimeError(f"{strange[0].topic} has more than the {PARTITIONS} partitions that are read")
        self._logs = await self._origins.of(self._topics)
        taken = await self._positions.take(self._pool, [_key(item) for item in assigned], self._logs)
        self._places.update(taken)
        for partition in assigned:
            self._consumer.seek(partition, taken[_key(partition)].next_offset)


def _ours(
    fetched: Mapping[TopicPartition, Sequence[ConsumerRecord]], places: Mapping[Place, Position]
) -> list[RawRecord]:
    """Return the records of partitions that this process holds, each partition's in order."""
    return [as_raw(record) for partition, records in fetched.items() if _key(partition) in places for record in records]


def _key(partition: TopicPartition) -> Place:
    return partition.topic, partition.partition


def as_raw(record: ConsumerRecord) -> RawRecord:
    """Return what aiokafka read, in the kernel's own type."""
    return RawRecord(record.topic, record.partition, record.offset, record.key, record.headers, record.value)
