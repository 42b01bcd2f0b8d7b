"""The simulated world: virtual time, one source of chance, and what will happen next in which process."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from heapq import heappop, heappush
from random import Random
from typing import Any, NamedTuple

from shared.testing.sample import NOW
from tests.simulation.process import Process

TASKS = 100_003


class Told(NamedTuple):
    """One line of a trace."""

    at: float
    who: str
    what: str


class World:
    """Runs its processes in virtual time, one at a time; the same seed gives the same history."""

    def __init__(self, seed: int, *, traced: bool = False) -> None:
        self.now = 0.0
        self.chance = Random(seed)
        self.random = self.chance.random
        self.trace: list[Told] | None = [] if traced else None
        self.calm = False
        """Once true, nothing fails by chance any more."""
        self.over = False
        """Once true, nothing more happens."""
        self.running: Process | None = None
        self.broker: Any = None
        self.lock: Any = None
        self._queue: list[tuple[float, int, Process | None, Callable[..., Any], tuple[Any, ...]]] = []
        self._posted = 0
        self.tasks = seed * TASKS
        """The number of the newest task: tasks of histories that have ended may still lie in sets of asyncio's."""
        self.steps = 0
        self.failures: Counter[str] = Counter()
        """How often which part failed of what, and was begun again."""
        self.unexpected: list[str] = []
        """Failures of parts that nothing explains."""
        self.swiftness = 0.7
        """The share of database calls that take no time; the more, the cheaper a history, and the less it mixes."""

    def clock(self) -> datetime:
        """Return the virtual time as a date."""
        return NOW + timedelta(seconds=self.now)

    def post(self, delay: float, process: Process | None, callback: Callable[..., Any], *args: Any) -> None:
        """Have `callback` called after `delay`: in `process`, or on nobody's account (a server, the network)."""
        self._posted += 1
        heappush(self._queue, (self.now + delay, self._posted, process, callback, args))

    def later(self, process: Process | None, callback: Callable[..., Any], *args: Any) -> None:
        """Have `callback` called after as long as something takes."""
        self._posted += 1
        drawn = self.random()
        delay = 0.002 * drawn if drawn < 0.9 else 0.5 * (drawn - 0.9)  # as `delay`, without a call
        heappush(self._queue, (self.now + delay, self._posted, process, callback, args))

    def delay(self) -> float:
        """Return how long something takes: mostly a moment, now and then long enough for much else to happen."""
        drawn = self.random()
        return 0.002 * drawn if drawn < 0.9 else 0.5 * (drawn - 0.9)

    def tell(self, who: str, what: str) -> None:
        """Add a line to the trace. Callers whose line costs something ask first whether there is a trace."""
        if self.trace is not None:
            self.trace.append(Told(self.now, who, what))

    def forget(self) -> None:
        """Let go of what would have happened, so that most of a history is freed as it ends, without a collection."""
        self._queue.clear()
        self.running = self.broker = self.lock = None

    def run(self, deadline: float) -> bool:
        """Let things happen until the world is over; False when it isn't by `deadline` (virtual seconds)."""
        queue = self._queue
        while queue:
            when, _, process, callback, args = heappop(queue)
            if when > deadline:
                return False
            self.now = when
            self.steps += 1
            if process is None:
                callback(*args)
            else:
                process.run(callback, args)
            if self.over:
                return True
        return False


def here() -> Process:
    """Return the process that is running."""
    loop: Any = asyncio.get_running_loop()
    assert isinstance(loop, Process)
    return loop
