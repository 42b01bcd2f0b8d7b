"""aiokafka as the kernel uses it, in front of the broker in memory: a producer, a consumer, the topics' origins."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Self

from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError, KafkaTimeoutError

from tests.simulation.broker import Broker, Group, Record, place_of
from tests.simulation.process import Process, fail, resolve
from tests.simulation.world import World, here

ORIGIN = "simulated"


class Written(NamedTuple):
    """What the broker says of a batch; the offset is -1 for one that it had already."""

    partition: int
    offset: int


class Batch:
    """Messages for one partition, as many as the plan says that fit."""

    def __init__(self, size: int) -> None:
        self._size = size
        self.messages: list[tuple[Any, ...]] = []

    def append(
        self, *, key: bytes, value: bytes, timestamp: int, headers: Sequence[tuple[str, bytes]]
    ) -> tuple[()] | None:
        """Add a message; None when the batch is full."""
        if len(self.messages) >= self._size:
            return None
        self.messages.append((key, value, timestamp, headers))
        return ()

    def record_count(self) -> int:
        return len(self.messages)

    def close(self) -> None:
        """Nothing more fits."""


Waiting = tuple[Batch, "asyncio.Future[Any]"]


class Producer:
    """One batch of a partition is on its way at a time. After one has failed, the next goes all the same."""

    def __init__(self, broker: Broker, process: Process) -> None:
        self._broker = broker
        self._world: World = broker.world
        self._process = process
        self._queues: dict[TopicPartition, deque[Waiting]] = {}
        self._stopped = False

    async def start(self) -> None:
        """Connect."""
        await self._process.pause()

    async def stop(self) -> None:
        """Send no more; what is on its way may still arrive."""
        self._stopped = True

    def create_batch(self) -> Batch:
        return Batch(1 + int(3 * self._world.chance.random()))

    async def send_batch(self, batch: Batch, topic: str, *, partition: int) -> "asyncio.Future[Any]":
        """Queue the batch, and return what will tell its end."""
        if self._process.dead:
            raise KafkaConnectionError
        future = self._process.create_future()
        place = place_of(topic, partition)
        queue = self._queues.setdefault(place, deque())
        queue.append((batch, future))
        if len(queue) == 1:
            self._leave(place)
        return future

    def _leave(self, place: TopicPartition) -> None:
        if not self._stopped:
            self._world.later(None, self._arrive, place, self._queues[place][0])

    def _arrive(self, place: TopicPartition, sent: Waiting) -> None:
        batch, _ = sent
        faults = self._broker.faults
        fault = faults.pop(0) if faults and not self._world.calm else None
        offset = -1
        if fault != "lost":
            offset = self._broker.append(place, batch.messages)
        if fault == "doubled":
            self._broker.append(place, batch.messages)
            offset = -1
        if fault:
            self._world.tell(self._process.name, f"batch for partition {place.partition} is {fault}")
        failed = fault in ("lost", "unacknowledged")
        # What is lost is found out late, by a time-out; the next batch is sent only then.
        later = self._world.delay() * (10 if failed else 1)
        self._world.post(later, self._process, self._answered, place, sent, offset, failed)

    def _answered(self, place: TopicPartition, sent: Waiting, offset: int, failed: bool) -> None:  # noqa: FBT001 - posted by place
        _, future = sent
        if failed:
            fail(future, KafkaTimeoutError("no acknowledgement"))
        else:
            resolve(future, Written(place.partition, offset))
        queue = self._queues[place]
        queue.popleft()
        if queue:
            self._leave(place)


class Consumer:
    """A member of a group that reads from where it was told to, and otherwise from the beginning."""

    def __init__(self, broker: Broker, process: Process, group_id: str) -> None:
        self._broker = broker
        self._world: World = broker.world
        self.process = process
        self._group_id = group_id
        self._group: Group | None = None
        self._listener: Any = None
        self._positions: dict[TopicPartition, int] = {}
        self._marks: dict[TopicPartition, int] = {}
        self._joining: asyncio.Task[Any] | None = None
        self._wanted = 0
        self._stopped = False
        self._sleeping: list[tuple[asyncio.Future[Any], tuple[TopicPartition, ...], float]] = []
        self._alarmed = False
        self._changes: dict[TopicPartition, int] = defaultdict(int)
        self._polled = 0

    def subscribe(self, topics: Sequence[str], listener: Any) -> None:
        self._listener = listener
        self._group = self._broker.group(self._group_id, topics)

    async def start(self) -> None:
        """Join the group."""
        await self.process.pause()
        assert self._group is not None
        self._group.join(self)
        if self.process.dead:
            raise KafkaConnectionError

    def rejoin(self) -> None:
        """Join again, unless it has ended."""
        if self._group is not None and not self._stopped:
            self._group.join(self)

    async def stop(self) -> None:
        """Leave it."""
        self._stopped = True
        if self._joining is not None:
            self._joining.cancel()
        if self._group is not None and not self.process.dead:
            self._group.leave(self)

    def rebalanced(self, generation: int) -> None:
        """See `Member.rebalanced`. One rebalance at a time; the newest counts."""
        self._wanted = generation
        if self._joining is None or self._joining.done():
            self._joining = self.process.create_task(self._rebalance())

    async def _rebalance(self) -> None:
        done = 0
        while done != self._wanted:
            await self._listener.on_partitions_revoked(set(self._positions))
            await self.process.sleep(self._world.delay())
            done = self._wanted
            assert self._group is not None
            share = self._group.shares.get(self, [])
            for place in (*self._positions, *share):
                self._changes[place] += 1
            self._positions = dict.fromkeys(share, 0)
            await self._listener.on_partitions_assigned(share)
            self.wake()

    def seek(self, place: TopicPartition, offset: int) -> None:
        """Read on from there; what was on its way from elsewhere is dropped."""
        if place in self._positions:
            self._positions[place] = offset
            self._changes[place] += 1

    def wake(self) -> None:
        """Have whoever waits look again whether there is something to read, or it has waited for long enough."""
        sleeping, self._sleeping = self._sleeping, []
        for future, partitions, patience in sleeping:
            if self._holds_more(partitions) or self._world.now >= patience:
                resolve(future)
            else:
                self._sleeping.append((future, partitions, patience))

    async def getmany(
        self, *partitions: TopicPartition, timeout_ms: int, max_records: int
    ) -> Mapping[TopicPartition, Sequence[Record]]:
        """Return what there is of these partitions, at most a few; wait for it as long as it may take."""
        if self.process.dead:
            raise KafkaConnectionError
        patience = self._world.now + timeout_ms / 1000
        if not self._holds_more(partitions):
            future = self.process.create_future()
            self._sleeping.append((future, partitions, patience))
            if not self._alarmed:
                self._alarm(patience)
            await future
        fetched = self._fetch(partitions)
        changes = {place: self._changes[place] for place in fetched}
        await self.process.pause()
        # What was assigned anew, or sought elsewhere, meanwhile is dropped.
        fetched = {place: records for place, records in fetched.items() if changes[place] == self._changes[place]}
        for place, records in fetched.items():
            self._positions[place] = records[-1].offset + 1
        return fetched

    def waits_for(self, place: TopicPartition) -> bool:
        """See `Member.waits_for`."""
        return bool(self._sleeping) and place in self._positions

    def _alarm(self, at: float) -> None:
        """See to it that who waits wakes up then, whatever comes. One alarm does: who waits longest comes first."""
        self._alarmed = True
        self._world.post(at - self._world.now, self.process, self._ring)

    def _ring(self) -> None:
        self._alarmed = False
        self.wake()
        if self._sleeping and not self._alarmed:
            self._alarm(self._sleeping[0][2])

    def _asked(self, partitions: Sequence[TopicPartition]) -> list[TopicPartition]:
        return [place for place in self._positions if not partitions or place in partitions]

    def _holds_more(self, partitions: Sequence[TopicPartition]) -> bool:
        logs = self._broker.logs
        for place, offset in self._positions.items():
            if (not partitions or place in partitions) and offset != len(logs.get(place, ())):
                return True
        return False

    def _fetch(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, Sequence[Record]]:
        most = 1 + int(8 * self._world.chance.random())
        self._polled = int(self._world.now * 1000)
        fetched: dict[TopicPartition, Sequence[Record]] = {}
        for place in self._asked(partitions):
            log, offset = self._broker.log(place), self._positions[place]
            self._marks[place] = len(log)
            if offset > len(log):  # out of range: auto_offset_reset says where to begin then
                self._positions[place] = offset = 0
            if records := log[offset : offset + most]:
                fetched[place] = records
        return fetched

    def highwater(self, place: TopicPartition) -> int | None:
        return self._marks.get(place)

    def last_poll_timestamp(self, place: TopicPartition) -> int:
        return self._polled


class Origins:
    """Tells that every topic is the log that it was."""

    def __init__(self, _: str) -> None:
        self._process = here()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing was opened."""

    async def of(self, topics: Sequence[str]) -> Mapping[str, str]:
        await self._process.pause()
        return dict.fromkeys(topics, ORIGIN)
