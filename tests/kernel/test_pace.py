"""A pace makes batches of what comes close together, and holds up neither what comes alone nor what is waiting."""

import asyncio

import pytest

from shared.pace import LONGEST_SECONDS, Pace


class Time:
    """The loop's time, by hand: a sleep moves it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        self.slept = 0.0
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: self.now)
        monkeypatch.setattr("shared.pace.asyncio.sleep", self._sleep)

    async def _sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds

    async def batch(self, pace: Pace, took: float, *, full: bool = False) -> float:
        """Return how long the pace waits after a batch that took so long."""
        pace.begin()
        self.now += took
        self.slept = 0.0
        await pace.keep(full=full)
        return self.slept


@pytest.fixture
async def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    return Time(monkeypatch)


@pytest.mark.parametrize(
    ("took", "waits"), [(0.002, 0.008), (0.005, 0.005), (0.03, 0.03), (9.0, LONGEST_SECONDS)], ids=str
)
async def test_a_batch_is_followed_after_the_pace_and_as_long_as_it_took(time: Time, took: float, waits: float) -> None:
    assert await time.batch(Pace(0.01), took) == pytest.approx(waits)


async def test_a_pace_may_rest_for_several_times_what_a_batch_took(time: Time) -> None:
    assert await time.batch(Pace(0.01, 3), 0.03) == pytest.approx(0.09)


async def test_a_full_batch_is_followed_at_once(time: Time) -> None:
    assert await time.batch(Pace(0.01), 0.03, full=True) == 0


async def test_a_silence_is_not_waited_for_again(time: Time) -> None:
    pace = Pace(0.01)
    await time.batch(pace, 0.002)
    time.slept = 0.0
    await pace.keep(full=False)
    assert time.slept == 0
