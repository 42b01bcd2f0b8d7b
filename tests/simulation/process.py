"""A simulated process: an asyncio event loop in virtual time that can be frozen, thawed and killed."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from tests.simulation.world import World


class Task(asyncio.Task[Any]):
    """A task whose place in a set doesn't depend on its address, so that histories repeat."""

    number = 0

    def __hash__(self) -> int:
        return self.number


class Timer:
    """What `call_at` and `call_soon` answer: a call that can be taken back."""

    __slots__ = ("cancelled_", "when_")

    def __init__(self, when: float) -> None:
        self.when_ = when
        self.cancelled_ = False

    def cancel(self) -> None:
        self.cancelled_ = True

    def cancelled(self) -> bool:
        return self.cancelled_

    def when(self) -> float:
        return self.when_


class Process:
    """One process. All that it does, it does in `run`; what reaches it while it is frozen waits until it is thawed.

    To asyncio it is the event loop, as far as asyncio asks anything of one.
    """

    def __init__(self, world: "World", name: str) -> None:
        self.world = world
        self.name = name
        self.loop: Any = self
        self.create_future: Callable[[], asyncio.Future[Any]] = partial(asyncio.Future, loop=cast("Any", self))
        self.dead = False
        self.frozen_since: float | None = None
        self.on_death: list[Callable[[], None]] = []
        self.on_freeze: list[Callable[[], None]] = []
        self.cut_connections = 0
        """So many of the next calls to the database lose their connection."""
        self._ready: deque[tuple[Callable[..., Any], tuple[Any, ...]]] = deque()
        self._held: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []
        self._tasks: list[Task] = []

    def run(self, callback: Callable[..., Any], args: tuple[Any, ...]) -> None:
        """Call it, and then whatever that made ready, unless the process is dead or frozen."""
        if self.dead:
            return
        if self.frozen_since is not None:
            self._held.append((callback, args))
            return
        if self.world.running is not self:
            self.world.running = self
            asyncio._set_running_loop(self.loop)
        callback(*args)
        ready = self._ready
        while ready:
            callback, args = ready.popleft()
            callback(*args)

    def _drain(self) -> None:
        ready = self._ready
        while ready:
            callback, args = ready.popleft()
            callback(*args)

    def freeze(self) -> None:
        """Stand still, as after SIGSTOP."""
        self.frozen_since = self.world.now
        for told in self.on_freeze:
            told()

    def thaw(self) -> None:
        """Go on, as after SIGCONT: what came meanwhile happens now."""
        if self.frozen_since is not None:
            self.frozen_since = None
            held, self._held = self._held, []
            for callback, args in held:
                self.world.post(0, self, callback, *args)

    def kill(self) -> None:
        """End at once, as after SIGKILL: nothing that it still does reaches the world."""
        if self.dead:
            return
        self.dead = True
        for told in self.on_death:
            told()
        self._unwind()

    def _unwind(self) -> None:
        """Let Python close what was running; every call to the outside fails from now on."""
        self.world.running = self
        asyncio._set_running_loop(self.loop)
        for _ in range(8):
            alive = [task for task in self._tasks if not task.done()]
            if not alive:
                break
            for task in alive:
                task.cancel()
            with suppress(Exception):
                self._drain()
        self._tasks.clear()

    def forget(self) -> None:
        """Let go of what would have been told: its parts know the process, and it knows them no more."""
        self.on_death.clear()
        self.on_freeze.clear()
        self._held.clear()
        del self.create_future

    async def sleep(self, delay: float) -> None:
        """Return after so many virtual seconds."""
        future = self.create_future()
        self.world.post(delay, self, resolve, future)
        await future

    async def pause(self) -> None:
        """Return after as long as a call to the outside takes; most of them take no time, as the world has it."""
        world = self.world
        if world.random() >= world.swiftness:
            await self.sleep(world.delay())

    # What asyncio asks of a loop.

    def time(self) -> float:
        return self.world.now

    get_debug = bool  # answers False, and costs no call: each future and each task asks

    def is_running(self) -> bool:
        return True

    def is_closed(self) -> bool:
        return False

    def create_task(self, coro: Coroutine[Any, Any, Any], *, name: str | None = None, context: Any = None) -> Task:
        self.world.tasks += 1
        task = Task(coro, loop=self.loop, name="-", context=context)
        task.number = self.world.tasks
        self._tasks.append(task)
        return task

    def call_soon(self, callback: Callable[..., Any], *args: Any, context: Any = None) -> Any:
        self._ready.append((callback, args))

    def call_later(self, delay: float, callback: Callable[..., Any], *args: Any, context: Any = None) -> Any:
        return self.call_at(self.world.now + delay, callback, *args)

    def call_at(self, when: float, callback: Callable[..., Any], *args: Any, context: Any = None) -> Any:
        timer = Timer(when)
        if self.dead:  # time is over for it: nothing is waited for
            self._ready.append((_fire, (timer, callback, args)))
        else:
            self.world.post(max(0.0, when - self.world.now), self, _fire, timer, callback, args)
        return timer

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Nothing: what fails in a part is told by whoever keeps it running."""


def _fire(timer: Timer, callback: Callable[..., Any], args: tuple[Any, ...]) -> None:
    if not timer.cancelled_:
        callback(*args)


def resolve(future: "asyncio.Future[Any]", result: Any = None) -> None:
    """Set the result, unless nobody waits any more."""
    if not future.done():
        future.set_result(result)


def fail(future: "asyncio.Future[Any]", error: BaseException) -> None:
    """Set the exception, unless nobody waits any more."""
    if not future.done():
        future.set_exception(error)
