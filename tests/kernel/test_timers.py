"""Timers: what is due takes effect once, at its time, on the state as it is then."""

import asyncio
from collections import Counter
from datetime import timedelta

import asyncpg
import pytest

from shared.testing.sample import NOW
from shared.timers.timers import Timers
from tests.kernel.alarm_clocks import HOUR, AlarmClocks


@pytest.fixture
def alarms(pool: asyncpg.Pool) -> AlarmClocks:
    return AlarmClocks(pool)


async def test_nothing_is_fired_before_it_is_due_and_then_once(alarms: AlarmClocks) -> None:
    await alarms.set("a", NOW + HOUR)
    await alarms.fire_all()
    assert await alarms.rung() == {}
    alarms.clock.advance(HOUR)
    await alarms.fire_all()
    await alarms.fire_all()
    assert await alarms.rung() == {"alarm-a": 1}
    assert await alarms.due() == {}


async def test_a_late_timer_tells_when_it_was_due_and_that_nobody_asked_for_it(alarms: AlarmClocks) -> None:
    await alarms.set("a", NOW + HOUR)
    alarms.clock.advance(5 * HOUR)
    await alarms.fire_all()
    rang = (await alarms.store.read("alarm-a"))[-1]
    assert (rang.occurred_at, rang.recorded_at) == (NOW + HOUR, NOW + 5 * HOUR)
    assert (rang.subject, rang.meta) == ("anna", {"causation": "timer"})


async def test_a_late_timer_catches_up_moment_by_moment(alarms: AlarmClocks) -> None:
    await alarms.set("a", NOW + HOUR, every=HOUR)
    alarms.clock.advance(timedelta(hours=3, minutes=30))
    await alarms.fire_all()
    rang = [item for item in await alarms.store.read("alarm-a") if item.type == "alarm-rang"]
    assert [item.occurred_at - NOW for item in rang] == [HOUR, 2 * HOUR, 3 * HOUR]
    assert await alarms.due() == {"alarm-a": NOW + 4 * HOUR}


async def test_a_moved_timer_fires_at_its_new_time_alone(alarms: AlarmClocks) -> None:
    await alarms.set("a", NOW + HOUR)
    await alarms.set("a", NOW + 3 * HOUR)
    alarms.clock.advance(2 * HOUR)
    await alarms.fire_all()
    assert await alarms.rung() == {}
    alarms.clock.advance(HOUR)
    await alarms.fire_all()
    assert await alarms.rung() == {"alarm-a": 1}


async def test_a_cancelled_timer_is_gone(alarms: AlarmClocks) -> None:
    await alarms.set("a", NOW + HOUR)
    await alarms.stop("a")
    assert await alarms.due() == {}
    alarms.clock.advance(2 * HOUR)
    await alarms.fire_all()
    assert await alarms.rung() == {}


async def test_a_timer_that_is_out_of_step_is_checked_again_and_only_moved(alarms: AlarmClocks) -> None:
    await alarms.set("later", NOW + 3 * HOUR)
    await alarms.set("never", NOW + 3 * HOUR)
    await alarms.stop("never")
    await alarms.pool.execute("SELECT set_timers($1, $2)", ["alarm-later", "alarm-never", "alarm-ghost"], [NOW] * 3)
    await alarms.pool.execute("INSERT INTO stream VALUES ('alarm-ghost', 0, 0)")
    await alarms.fire_all()
    assert await alarms.rung() == {}
    assert await alarms.due() == {"alarm-later": NOW + 3 * HOUR}


async def test_a_year_is_lived_at_once(alarms: AlarmClocks) -> None:
    await alarms.set("daily", NOW + HOUR, every=timedelta(days=1))
    await alarms.set("weekly", NOW + HOUR, every=timedelta(days=7))
    await alarms.set("once", NOW + 200 * timedelta(days=1))
    end = NOW + timedelta(days=365)
    await alarms.timers().run_until(alarms.clock, end)
    assert await alarms.rung() == {"alarm-daily": 365, "alarm-weekly": 53, "alarm-once": 1}
    for item in await alarms.store.read("alarm-daily"):
        assert item.recorded_at == item.occurred_at
    assert alarms.clock() == end


async def test_timers_equal_what_the_states_say_whatever_was_fired(alarms: AlarmClocks) -> None:
    for number in range(12):
        await alarms.set(str(number), NOW + number * HOUR, every=HOUR if number % 3 == 0 else None)
        await alarms.set(str(number), NOW + 2 * number * HOUR, name="other")
        if number % 4 == 0:
            await alarms.stop(str(number))
    for _ in range(6):
        alarms.clock.advance(3 * HOUR)
        await alarms.fire_all()
        assert await alarms.due() == await alarms.derived()


async def test_eight_workers_fire_what_is_due_at_once_each_once(alarms: AlarmClocks) -> None:
    await alarms.set_many(320, NOW + HOUR)
    alarms.clock.advance(HOUR)

    async def work(timers: Timers) -> int:
        taken = 0
        while got := await timers.fire(limit=5):
            taken += got
        return taken

    taken = await asyncio.gather(*(work(alarms.timers()) for _ in range(8)))
    assert await alarms.rung() == Counter({f"alarm-{number}": 1 for number in range(320)})
    assert sum(taken) == 320
    assert sorted(taken)[4] > 0, "the work was not shared"
    assert await alarms.due() == {}
