"""What a thousand idle listeners cost one process: memory that wasn't there before, and the time until it ends."""

import asyncio
import os
import signal
import time

from bench.figures import Figure, measured
from bench.listeners import listeners, own_memory_mib
from bench.place import Place
from bench.served import contact

MANY = 1000
SETTLED_SECONDS = 2.0


async def feed_listeners(at: Place) -> list[Figure]:
    """Measure on a fresh process each time: memory once taken isn't given back."""
    ended: list[float] = []
    memory = await measured("feed_listeners", "MiB", lambda: _cost(at, ended), "< 50, 1,000 idle listeners")

    async def shutdown() -> float:
        return ended.pop()

    return [memory, await measured("feed_shutdown", "s", shutdown, "< 10, 1,000 open feeds")]


async def _cost(at: Place, ended: list[float]) -> float:
    async with contact(at, "api") as served:
        async with listeners(served.port, "/v1/feed", served.token, 10):
            before = own_memory_mib(served.process.pid)
        async with listeners(served.port, "/v1/feed", served.token, MANY):
            await asyncio.sleep(SETTLED_SECONDS)
            extra = own_memory_mib(served.process.pid) - before
            start = time.perf_counter()
            os.kill(served.process.pid, signal.SIGTERM)
            # The process is no child of this program's, so there is nothing to wait on.
            while served.process.alive:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
            ended.append(time.perf_counter() - start)
        return extra
