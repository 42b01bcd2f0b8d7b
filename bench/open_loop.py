"""An open loop: work begins at the times that a rate says, however slow the answers are.

Latency counts from the time at which the work was meant to begin. A closed loop
waits for an answer before it asks again, so that a stall of a second shows as
one slow answer instead of all those that would have come meanwhile (Gil Tene's
"coordinated omission"; wrk2 measures as this does). The timers of the loop are
exact to a millisecond, and what they are late by counts: at most a millisecond's
work begins at once.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

Work = Callable[[int], Awaitable[object]]
Told = Callable[[int, float], None]
Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]

TICK = 0.001
"""Seconds of the shortest sleep. A loop whose timers count milliseconds takes less for nothing at all, and a load that
spins takes one of two cores from what it measures."""


async def at_rate(work: Work, *, rate: float, seconds: float) -> list[float]:
    """Begin `rate` times a second for `seconds`, evenly; return each one's seconds since its time, when all are done.

    Raises ExceptionGroup when one failed.
    """
    took: list[float] = []
    await pace(work, lambda _, late: took.append(late), rate=rate, seconds=seconds)
    return took


async def pace(
    work: Work,
    told: Told,
    *,
    rate: float,
    seconds: float,
    clock: Clock = time.perf_counter,
    sleep: Sleep = asyncio.sleep,
) -> None:
    """As `at_rate`, but tell each one's number and seconds as it is done."""
    start = clock() + 0.01
    total = int(rate * seconds)

    async def one(number: int, due: float) -> None:
        await work(number)
        told(number, clock() - due)

    async with asyncio.TaskGroup() as group:
        number = 0
        while number < total:
            now = clock()
            while number < total and (due := start + number / rate) <= now:
                group.create_task(one(number, due))
                number += 1
            await sleep(max(TICK, start + number / rate - clock()))
