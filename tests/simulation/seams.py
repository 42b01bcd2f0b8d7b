"""Where the simulated world takes the real one's place: the names under which the kernel's modules know their drivers.

Nothing of the kernel is changed for it. What is replaced is aiokafka and what
speaks to it alone (a topic's origin, a reader outside of groups), the advisory
lock that says who may try to lead, and the logs. asyncpg's pool is given in.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from types import SimpleNamespace
from typing import Any, Self
from unittest.mock import patch

from aiokafka import TopicPartition

from shared.consumers import batch, consumer, lanes
from shared.policies.policy import RawRecord
from shared.relay import ahead, relay, republish
from tests.simulation.broker import Broker
from tests.simulation.clients import ORIGIN, Consumer, Origins, Producer
from tests.simulation.world import World, here

SILENCE_SECONDS = 0.8
"""A leader that is frozen for longer loses its session, and with it the lock."""

RESEND_PATIENCE = 0.01


@contextmanager
def simulated() -> Iterator[None]:
    """Let the kernel meet the simulated world inside."""
    with ExitStack() as stack:
        for module, name, stand_in in SEAMS:
            stack.enter_context(patch.object(module, name, stand_in))
        stack.enter_context(patch.object(relay, "BATCH", relay.BATCH))
        stack.callback(asyncio._set_running_loop, asyncio._get_running_loop())
        yield


def _producer(_: str) -> Producer:
    process = here()
    return Producer(process.world.broker, process)


def _consumer(*, group_id: str, **_: Any) -> Consumer:
    process = here()
    return Consumer(process.world.broker, process, group_id)


class Reader:
    """Reads a topic outside of any group, as `TopicReader` does."""

    def __init__(self, _: str, topic: str) -> None:
        self._process = here()
        self._broker: Broker = self._process.world.broker
        self._topic = topic

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing was opened."""

    async def beginnings(self) -> Mapping[int, int]:
        return dict.fromkeys(self._broker.partitions, 0)

    async def ends(self) -> Mapping[int, int]:
        await self._process.pause()
        return {number: len(self._log(number)) for number in self._broker.partitions}

    def _log(self, partition: int) -> list[Any]:
        return self._broker.log(TopicPartition(self._topic, partition))

    async def records(self, since: Mapping[int, int], until: Mapping[int, int]) -> AsyncIterator[list[RawRecord]]:
        await self._process.pause()
        yield [
            RawRecord(item.topic, item.partition, item.offset, item.key, item.headers, item.value)
            for number in self._broker.partitions
            for item in self._log(number)[max(0, since[number]) : until[number]]
        ]


async def _origins(_: str, topics: Sequence[str]) -> Mapping[str, str]:
    return dict.fromkeys(topics, ORIGIN)


@asynccontextmanager
async def _while_unchanged(*_: object) -> AsyncIterator[None]:
    yield


class Lock:
    """The advisory lock of one relay: one session has it, until it gives it back, dies, or is silent for too long."""

    def __init__(self) -> None:
        self.holder: object = None
        self.waiting: list[asyncio.Future[Any]] = []
        self.lies = False
        """Grant it to everyone: it must protect nothing."""

    def free(self, holder: object) -> None:
        """Let the next ones try."""
        if self.holder is holder:
            self.holder = None
            waiting, self.waiting = self.waiting, []
            for future in waiting:
                process: Any = future.get_loop()
                process.world.later(process, _wake, future)


def _wake(future: "asyncio.Future[Any]") -> None:
    if not future.done():
        future.set_result(None)


class Held:
    """One session's hold on the lock."""

    def __init__(self, lock: Lock) -> None:
        self.process = here()
        self.world: World = self.process.world
        self.lock = lock
        self.task = asyncio.current_task()
        self.given_back = False
        self.lost = False

    def frozen(self) -> None:
        """Called when the process is frozen: the server waits for a while, then ends the session."""
        since = self.process.frozen_since
        self.world.post(SILENCE_SECONDS, None, self._silent, since)

    def _silent(self, since: float) -> None:
        if self.process.frozen_since == since and not self.given_back:
            self.lock.free(self)
            # The beat finds it out some time after the process has woken up.
            self.world.post(20 * self.world.delay(), self.process, self._found_out)

    def _found_out(self) -> None:
        if not self.given_back and self.task is not None:
            self.lost = True
            self.task.cancel()

    def died(self) -> None:
        """Called when the process is killed: the server notices a while later."""
        self.world.post(10 * self.world.delay(), None, self.lock.free, self)


@asynccontextmanager
async def _leadership(_: object, __: str) -> AsyncIterator[None]:
    held = Held(here().world.lock)
    lock = held.lock
    while lock.holder is not None and not lock.lies:
        future = held.process.create_future()
        lock.waiting.append(future)
        await future
    lock.holder = held
    held.process.on_freeze.append(held.frozen)
    held.process.on_death.append(held.died)
    try:
        yield
    except asyncio.CancelledError:
        if not held.lost:
            raise
        raise ConnectionError("the lock was lost") from None
    finally:
        held.given_back = True
        held.process.on_freeze.remove(held.frozen)
        if not held.process.dead:
            lock.free(held)


NOTHING = bool
"""Does nothing, and costs no call of a function: tasks aren't entered into asyncio's list of all, and what stands for
aiokafka's client never stops fetching."""


class Silence:
    """A logger, or a metric, that says nothing."""

    def __init__(self) -> None:
        self.labels = self.inc = self  # asked most often

    def __getattr__(self, _: str) -> Any:
        return self

    def __call__(self, *_: object, **__: object) -> Any:
        return self


SILENCE = Silence()

SEAMS: Sequence[tuple[Any, str, Any]] = (
    (asyncio.tasks._all_tasks, "add", NOTHING),  # type: ignore[attr-defined] # nobody asks here for all tasks
    (relay, "leadership", _leadership),
    (relay, "producer", _producer),
    (relay, "while_unchanged", _while_unchanged),
    (relay, "log", SILENCE),
    (republish, "producer", _producer),
    (republish, "wait_random_exponential", lambda **_: lambda __: RESEND_PATIENCE),
    (ahead, "origins", _origins),
    (ahead, "TopicReader", Reader),
    (batch, "log", SILENCE),
    *((batch, metric, SILENCE) for metric in ("CONSUMED", "HOLES", "PARKED")),
    (consumer, "AIOKafkaConsumer", _consumer),
    (consumer, "must_fetch", NOTHING),
    (consumer, "Origins", Origins),
    (consumer, "ORIGIN_SECONDS", 0.3),
    (lanes, "LANES", 2),  # one for each partition that there is
    (lanes, "MANY", 4),
    (lanes, "FEW", 2),
    (consumer, "time", SimpleNamespace(monotonic=lambda: asyncio.get_running_loop().time())),
    (consumer, "log", SILENCE),
)
