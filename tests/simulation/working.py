"""The worker processes: relay, views and policy, each begun again after it has failed, as a real worker keeps them."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

import asyncpg
from aiokafka.errors import KafkaError

from shared.clock import Clock
from shared.consumers.consumer import Consumer
from shared.consumers.parking_lot import ParkingLot
from shared.consumers.wiring import Wiring, wire_up
from shared.errors import Conflict, Fenced
from shared.policies.handler import PolicyHandler
from shared.relay.relay import Relay
from shared.relay.republish import republish
from shared.store.postgres import PostgresEventStore
from shared.testing.sample import SETTINGS
from tests.simulation.connections import Pool
from tests.simulation.database import Database
from tests.simulation.domain import PUBLISHED, SERVICE, TOPIC
from tests.simulation.plan import Plan
from tests.simulation.process import Process, resolve
from tests.simulation.world import World

Part = Callable[[], Awaitable[None]]
ADDRESS = "simulated"
EXPECTED = (Conflict, Fenced, OSError, KafkaError, asyncpg.PostgresError)
"""What a part may fail of, because something else failed; anything else is its own fault."""


@cache
def _views(name: str) -> Wiring:
    """Return the wiring of one view. Its handler keeps nothing between batches, and is dear to make: all share it."""
    store: Any = None
    wired = wire_up(SERVICE, SETTINGS, store, store)[-1]
    return wired._replace(handlers=[handler for handler in wired.handlers if handler.name == name])


def wired_up(plan: Plan, store: PostgresEventStore, clock: Clock) -> list[Wiring]:
    """Return those of the service's consumers that the plan has."""
    views = [_views(plan.view)] if plan.view else []
    policies = SERVICE.policies(SETTINGS) if plan.policy else []
    return [*(Wiring(it.name, [PolicyHandler(it, store, clock)], [it.source]) for it in policies), *views]


class Wakeup:
    """A process's ear for new events; see `shared.wakeup`."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._heard = False
        self._told = False
        self._waiting: asyncio.Future[Any] | None = None
        self._patience = 0.0
        self._alarmed = False

    def signal(self) -> None:
        """An event was committed somewhere; who is told of it already, and hasn't looked since, isn't told again."""
        if not self._told and not self._heard:
            self._told = True
            world = self._process.world
            world.later(self._process, self._hear)

    def _hear(self) -> None:
        self._told = False
        self._heard = True
        if self._waiting is not None:
            resolve(self._waiting)

    async def wait(self, timeout: float) -> None:  # noqa: ASYNC109 - as the real one
        if self._process.dead:
            raise ConnectionError("dead")
        if not self._heard:
            self._waiting = self._process.create_future()
            self._patience = self._process.world.now + timeout
            self._alarm()
            await self._waiting
        self._heard = False

    def _alarm(self) -> None:
        """See to it that who waits wakes up in the end; one alarm at a time does."""
        if not self._alarmed:
            self._alarmed = True
            world = self._process.world
            world.post(self._patience - world.now, self._process, self._ring)

    def _ring(self) -> None:
        self._alarmed = False
        if self._waiting is not None and not self._waiting.done():
            if self._process.world.now >= self._patience:
                resolve(self._waiting)
            else:
                self._alarm()


class Worker:
    """One worker process."""

    def __init__(
        self, world: World, name: str, database: Database, plan: Plan, partitions: tuple[int, ...], signal: Any
    ) -> None:
        self._world = world
        self.process = process = Process(world, name)
        self._pool = pool = Pool(database, process)
        self.wakeup = Wakeup(process)
        store = PostgresEventStore(pool, PUBLISHED, world.clock)
        self.parts: dict[str, Part] = {}
        for wired, handlers, sources in wired_up(plan, store, world.clock):
            consumer = Consumer("sample", wired, pool, handlers, sources, ADDRESS, world.clock, signal)
            self.parts[wired] = consumer.run
        wakeup: Any = self.wakeup
        self.parts["relay"] = Relay(pool, "sample", TOPIC, partitions, ADDRESS, wakeup).run
        world.later(process, self._start)

    def _failed(self, name: str, error: Exception) -> None:
        if self.process.dead:
            return
        self._world.failures[f"{name}: {_reason(error)}"] += 1
        self._world.tell(self.process.name, f"{name} begins again after {_reason(error)}")
        if not isinstance(_first(error), EXPECTED):
            self._world.unexpected.append(f"{name} of {self.process.name} failed: {_reason(error)}")

    def _start(self) -> None:
        for name, part in self.parts.items():
            self.process.create_task(self._keep_running(name, part))

    async def _keep_running(self, name: str, part: Part) -> None:
        while True:
            try:
                await part()
            except Exception as error:
                self._failed(name, error)
            if self.process.dead:
                return
            await self.process.sleep(0.02 + 10 * self._world.delay())


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _reason(error: BaseException) -> str:
    first = _first(error)
    return f"{type(first).__name__}: {first}"


class Operator:
    """Who mends: writes a topic again that lost its tail, and has parked messages handled again."""

    def __init__(self, world: World, database: Database, plan: Plan) -> None:
        self._world = world
        self.process = Process(world, "operator")
        self._plan = plan
        self._pool = Pool(database, self.process)
        self.busy = 0

    def republish(self, partition: int) -> None:
        """Write the partition again from the log, until that has succeeded."""
        self.busy += 1
        self._world.post(self._world.delay() * 10, self.process, self._begin, self._republish(partition))

    def retry(self) -> None:
        """Have whatever is parked handled again, until that has succeeded."""
        self.busy += 1
        self._world.post(0, self.process, self._begin, self._retry())

    def _begin(self, work: Any) -> None:
        self.process.create_task(self._until_done(work))

    async def _until_done(self, work: Callable[[], Awaitable[None]]) -> None:
        while not self.process.dead:
            try:
                await work()
            except Exception as error:
                self._world.tell("operator", f"tries again after {_reason(error)}")
                await self.process.sleep(0.05)
            else:
                break
        self.busy -= 1

    def _republish(self, partition: int) -> Callable[[], Awaitable[None]]:
        async def work() -> None:
            self._world.tell("operator", f"republishes partition {partition}")
            async for _ in republish(SERVICE, self._pool, ADDRESS, partitions=[partition]):
                pass

        return work

    def _retry(self) -> Callable[[], Awaitable[None]]:
        async def work() -> None:
            store = PostgresEventStore(self._pool, PUBLISHED, self._world.clock)
            lot = ParkingLot(self._pool, wired_up(self._plan, store, self._world.clock), self._world.clock)
            for key in await lot.list():
                retried = await lot.retry(key.handler, key.key)
                self._world.tell("operator", f"retried {key.key} of {key.handler}: {retried}")

        return work
