"""Wake-ups: every waiter hears each signal, and can be stopped at any moment."""

import asyncio
from typing import Any, cast

import asyncpg

from shared.wakeup import Wakeup


class _Silence:
    """Nobody else listens."""

    async def execute(self, *_: Any) -> None:
        """Do nothing."""


def wakeup() -> Wakeup:
    return Wakeup(cast("asyncpg.Pool", _Silence()))


async def test_every_ear_hears_a_signal_also_one_that_came_before_it_waited() -> None:
    made = wakeup()
    ears = [made.ear(), made.ear()]
    made.signal()
    async with asyncio.timeout(5):
        await made.wait(60)
        for ear in ears:
            await ear.wait(60)


async def test_a_wait_ends_without_a_signal_and_hears_none_twice() -> None:
    made = wakeup()
    ear = made.ear()
    made.signal()
    await ear.wait(60)
    start = asyncio.get_running_loop().time()
    await ear.wait(0.05)
    assert asyncio.get_running_loop().time() - start >= 0.045


async def test_a_waiter_that_is_stopped_at_the_very_signal_stops() -> None:
    made = wakeup()
    ear = made.ear()

    async def wait_for_ever() -> None:
        while True:
            await ear.wait(60)

    task = asyncio.create_task(wait_for_ever())
    await asyncio.sleep(0.01)
    made.signal()
    await asyncio.sleep(0)
    task.cancel()
    done, _ = await asyncio.wait([task], timeout=1)
    assert done, "the cancellation was lost"
