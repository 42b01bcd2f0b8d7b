"""An open loop keeps its times, and counts what a stall holds up."""

import asyncio

import pytest

from bench.open_loop import TICK, pace

RATE = 100.0


class Time:
    """Passes only when somebody sleeps, or when a test lets it."""

    def __init__(self) -> None:
        self.now = 50.0
        self.shortest = float("inf")

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.shortest = min(self.shortest, seconds)
        self.now += seconds
        await asyncio.sleep(0)


async def paced(time: Time, stall: float) -> list[float]:
    took: list[float] = []

    async def work(number: int) -> None:
        if number == 10:
            time.now += stall

    await pace(work, lambda _, late: took.append(late), rate=RATE, seconds=1, clock=time, sleep=time.sleep)
    return took


async def test_as_many_begin_as_the_rate_says() -> None:
    assert len(await paced(Time(), 0.0)) == 100


async def test_a_stall_counts_for_all_that_were_due_meanwhile_and_not_for_one_alone() -> None:
    took = await paced(Time(), 0.5)
    late = [seconds for seconds in took if seconds > 0.05]
    assert 40 <= len(late) <= 50
    assert max(took) == pytest.approx(0.5, abs=0.02)


async def test_a_rate_above_the_timers_resolution_makes_no_loop_spin() -> None:
    time, begun = Time(), []

    async def work(number: int) -> None:
        begun.append(number)

    await pace(work, lambda *_: None, rate=2500.0, seconds=1, clock=time, sleep=time.sleep)
    assert len(begun) == 2500
    assert time.shortest >= TICK


async def test_a_failure_ends_it() -> None:
    time = Time()

    async def work(number: int) -> None:
        raise ValueError(number)

    with pytest.raises(ExceptionGroup):
        await pace(work, lambda *_: None, rate=RATE, seconds=1, clock=time, sleep=time.sleep)
