"""How much a stack can do: first what a closed loop gets done, then the highest rate at which answers stay quick."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

from bench.latency import percentiles
from bench.open_loop import pace
from bench.soak.load import Load
from bench.soak.watch import Watch

FILL_SECONDS = 10.0
CLOSED_SECONDS = 30.0
STEP_SECONDS = 20.0
STEP = 0.1
CLIENTS = 24
MOST_BEHIND = 3_000
"""While so many records wait, the closed loop's clients rest: what isn't taken in time is no capacity."""

SLOWEST_P99 = 0.1
"""Seconds: where the 99th percentile of an operation is slower, the rate is above the capacity."""


class TooSlow(Exception):
    """Not even the lowest rate was answered in time; the message says what was tried."""


async def capacity(work: Load, watch: Watch) -> float:
    """Return the highest tenth of the closed loop's rate that an open loop is answered at in time, in operations/s.

    A closed loop alone tells too much: its clients wait for each other's answers, so what it gets done says nothing of
    how long people would wait who come at times of their own.
    """
    await closed(work, watch, FILL_SECONDS)
    await caught_up(watch)
    start = time.perf_counter()
    done = await closed(work, watch, CLOSED_SECONDS)
    await caught_up(watch)
    most = done / (time.perf_counter() - start)
    return await highest(most, lambda rate: _holds(work, watch, rate))


async def highest(most: float, holds: Callable[[float], Awaitable[bool]]) -> float:
    """Return the first of `most`, 0.9 of it, 0.8, ... that holds. Raises TooSlow when not even a tenth does."""
    tried = [most * (1 - STEP * step) for step in range(round(1 / STEP))]
    for rate in tried:
        if await holds(rate):
            return rate
    raise TooSlow(f"not even {tried[-1]:,.0f} operations/s are answered within {SLOWEST_P99:g} s")


async def _holds(work: Load, watch: Watch, rate: float) -> bool:
    work.window()
    failed = work.errors.total()
    await pace(work.one, work.told, rate=rate, seconds=STEP_SECONDS)
    behind = await watch.lag()
    await caught_up(watch)
    return work.errors.total() == failed and behind <= MOST_BEHIND and quick(work.window())


def quick(took: Mapping[str, Sequence[float]]) -> bool:
    """Tell whether every kind of operation was answered in time, by its seconds."""
    return all(percentiles(list(seconds)).p99 <= SLOWEST_P99 * 1000 for seconds in took.values())


async def closed(work: Load, watch: Watch, seconds: float) -> int:
    """Have clients do one operation after another, each, and return how many were done."""
    done = 0
    free = asyncio.Event()
    free.set()
    end = time.perf_counter() + seconds

    async def client() -> None:
        nonlocal done
        while time.perf_counter() < end:
            await free.wait()
            done += 1
            await work.one(done)

    async def look() -> None:
        while True:
            (free.clear if await watch.lag() > MOST_BEHIND else free.set)()
            await asyncio.sleep(0.25)

    async with asyncio.TaskGroup() as group:
        looking = group.create_task(look())
        await asyncio.gather(*(client() for _ in range(CLIENTS)))
        looking.cancel()
    return done


async def caught_up(watch: Watch) -> float:
    """Wait until nobody has anything to take; return the seconds. TimeoutError: not within two minutes."""
    start = time.perf_counter()
    async with asyncio.timeout(120):
        while await watch.lag() > 0:  # noqa: ASYNC110 - what is waited for happens in other processes
            await asyncio.sleep(0.1)
    return round(time.perf_counter() - start, 2)
