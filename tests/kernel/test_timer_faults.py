"""Timers when something goes wrong: what can't be woken is set aside, a crash loses and doubles nothing."""

import asyncio
import sys
from collections import Counter
from contextlib import suppress
from typing import Any

import asyncpg
import pytest

from shared.errors import Conflict, Missing
from shared.handle import Handler
from shared.store.contract import Append, Context
from shared.testing.alarms import ALARM, AlarmSet
from shared.testing.sample import NOW
from shared.timers import statements as sql
from shared.timers.derive import derive, derive_new
from shared.timers.firing import Firing
from shared.timers.shelf import Shelf, TimerCount
from shared.timers.timers import Timers
from shared.wakeup import Wakeup
from tests.kernel.alarm_clocks import HOUR, AlarmClocks


@pytest.fixture
def alarms(pool: asyncpg.Pool) -> AlarmClocks:
    return AlarmClocks(pool)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("broken", "ValueError: the alarm is broken"),
        ("stuck", "Restless: "),
        ("unspeakable", "Untranslatable"),
    ],
)
async def test_what_cannot_be_woken_is_set_aside_with_its_reason_and_the_others_go_on(
    alarms: AlarmClocks, name: str, reason: str
) -> None:
    await alarms.set_many(20, NOW + HOUR)
    await alarms.set("7", NOW + HOUR, name=name)
    await alarms.stop("7")
    alarms.clock.advance(HOUR)
    await alarms.fire_all()
    assert await alarms.rung() == Counter({f"alarm-{number}": 1 for number in range(20) if number != 7})
    assert {stream: found[: len(reason)] for stream, found in (await alarms.reasons()).items()} == {"alarm-7": reason}
    assert await Shelf(alarms.pool).count(alarms.clock()) == TimerCount(due=0, aside=1)


async def test_a_stream_that_fails_at_its_second_moment_takes_no_effect_at_its_first(alarms: AlarmClocks) -> None:
    await alarms.set("a", NOW)
    await alarms.set("a", NOW + HOUR, name="broken")
    await alarms.set("b", NOW)
    alarms.clock.advance(HOUR)
    await alarms.fire_all()
    assert await alarms.rung() == {"alarm-b": 1}
    assert list(await alarms.reasons()) == ["alarm-a"]
    assert (await alarms.due())["alarm-a"] == NOW


async def test_a_timer_of_a_stream_without_a_decider_is_set_aside(alarms: AlarmClocks) -> None:
    await alarms.pool.execute("INSERT INTO stream VALUES ('ghost-1', 1, 0)")
    await alarms.pool.execute("SELECT set_timers($1, $2)", ["ghost-1"], [NOW])
    await alarms.fire_all()
    assert list(await alarms.reasons()) == ["ghost-1"]


async def test_what_was_set_aside_is_fired_after_a_retry_and_keeps_count_of_its_attempts(alarms: AlarmClocks) -> None:
    shelf = Shelf(alarms.pool)
    await alarms.set("a", NOW, name="broken")
    for attempt in (1, 2):
        await alarms.fire_all()
        await alarms.fire_all()
        (timer,) = await shelf.aside()
        assert (timer.stream, timer.attempts, timer.failed_at) == ("alarm-a", attempt, NOW)
        assert await shelf.retry("alarm-a") == 1
    await alarms.fire_all()
    with pytest.raises(Missing):
        await shelf.retry("alarm-b")
    assert await shelf.retry() == 1
    assert await alarms.timers().next_due() == NOW


async def test_an_append_that_moves_the_timer_frees_it(alarms: AlarmClocks) -> None:
    await alarms.set("a", NOW, name="broken")
    await alarms.fire_all()
    assert await alarms.reasons() != {}
    await alarms.set("a", NOW + HOUR, name="broken")
    assert await alarms.reasons() == {}
    await alarms.stop("a", "broken")
    await alarms.set("a", NOW + HOUR)
    alarms.clock.advance(HOUR)
    await alarms.fire_all()
    assert await alarms.rung() == {"alarm-a": 1}


class Crash(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("moment", ["before the append", "after the append"])
async def test_a_crash_between_decision_and_commit_neither_loses_nor_doubles(
    alarms: AlarmClocks, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    await alarms.set_many(5, NOW + HOUR)
    alarms.clock.advance(HOUR)
    wake = Firing._wake

    async def crashing(self: Firing, connection: asyncpg.Connection, *args: Any) -> Any:
        if moment == "after the append":
            await wake(self, connection, *args)
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(Firing, "_wake", crashing)
        with pytest.raises(Crash):
            await alarms.timers().fire()
    assert await alarms.rung() == {}
    assert len(await alarms.due()) == 5
    await alarms.fire_all()
    assert await alarms.rung() == Counter({f"alarm-{number}": 1 for number in range(5)})


async def test_a_killed_worker_loses_and_doubles_nothing(alarms: AlarmClocks, database: str) -> None:
    """A process that has appended and not committed is killed; another one fires the same timers."""
    await alarms.set_many(30, NOW)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.kernel.firing_process", database, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    assert await asyncio.wait_for(process.stdout.readline(), 30) == b"appended\n"
    await alarms.fire_all()
    assert await alarms.rung() == {}, "the streams are in the other's hands"
    process.kill()
    await process.wait()
    for _ in range(100):
        await alarms.fire_all()
        if await alarms.rung():
            break
        await asyncio.sleep(0.05)
    assert await alarms.rung() == Counter({f"alarm-{number}": 1 for number in range(30)})
    assert await alarms.due() == {}


async def test_an_outage_is_told_and_sets_nothing_aside(alarms: AlarmClocks, monkeypatch: pytest.MonkeyPatch) -> None:
    await alarms.set("a", NOW)

    async def gone(*_: Any) -> None:
        raise asyncpg.ConnectionDoesNotExistError

    with monkeypatch.context() as patched:
        patched.setattr(Firing, "_wake", gone)
        with pytest.raises(asyncpg.ConnectionDoesNotExistError):
            await alarms.timers().fire()
    assert await alarms.reasons() == {}


async def test_firing_waits_for_no_writer_and_no_writer_deadlocks_with_it(alarms: AlarmClocks) -> None:
    """Writers change several of the streams at once, in either order, while three workers fire them again and again."""
    names = [f"{number}" for number in range(12)]
    for name in names:
        await alarms.set(name, NOW, every=HOUR)
    written: list[int] = []
    over = False

    async def writer(turn: int) -> None:
        while not over:
            await asyncio.sleep(0)
            order = [f"alarm-{name}" for name in (names if turn % 2 else names[::-1])]
            histories = await alarms.store.read_many(order)
            context = Context(alarms.clock(), alarms.clock())
            appends = []
            for stream in order:
                before = ALARM.fold(item.event for item in histories[stream])
                event = AlarmSet(f"extra-{turn}-{len(written)}", NOW + 9999 * HOUR)
                wakes_at = ALARM.moved(before, ALARM.evolve(before, event))
                appends.append(Append(stream, len(histories[stream]), "anna", [event], context, wakes_at))
            with suppress(Conflict):
                await alarms.store.append(*appends)
                written.append(turn)

    async def worker(timers: Timers) -> None:
        while not over:
            await timers.fire(limit=5)
            await asyncio.sleep(0)

    tasks = [asyncio.create_task(worker(alarms.timers())) for _ in range(3)]
    tasks += [asyncio.create_task(writer(turn)) for turn in range(3)]
    for _ in range(40):
        alarms.clock.advance(HOUR)
        await asyncio.sleep(0.05)
    while len(written) < 5:  # the workers have come to rest by now, so that a writer wins
        await asyncio.sleep(0.05)
    over = True
    await asyncio.wait_for(asyncio.gather(*tasks), 20)
    await alarms.fire_all()
    assert await alarms.rung() == Counter({f"alarm-{name}": 41 for name in names})
    assert await alarms.due() == await alarms.derived()


async def test_a_held_stream_is_passed_over_and_fired_once_it_is_free(alarms: AlarmClocks) -> None:
    await alarms.set_many(3, NOW)
    async with alarms.pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT FROM stream WHERE stream_id = 'alarm-1' FOR UPDATE")
        await asyncio.wait_for(alarms.fire_all(), 5)
        assert set(await alarms.rung()) == {"alarm-0", "alarm-2"}
    await alarms.fire_all()
    assert set(await alarms.rung()) == {"alarm-0", "alarm-1", "alarm-2"}


async def test_what_another_worker_was_faster_with_is_left_alone(alarms: AlarmClocks) -> None:
    """A claim may be older than its locks: a stream that it names may have been fired or moved meanwhile."""
    await alarms.set("a", NOW)
    await alarms.set("a", NOW + HOUR)
    firing = Firing(alarms.pool, alarms.store, {"alarm": ALARM})
    async with alarms.pool.acquire() as connection, connection.transaction():
        assert await firing._claim(connection, NOW, sql.CLAIM_ONE, "alarm-a") == []
        assert await firing._claim(connection, NOW + HOUR, sql.CLAIM_ONE, "alarm-a") == ["alarm-a"]


async def test_a_timer_set_while_the_worker_sleeps_is_fired_at_once(
    alarms: AlarmClocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.timers.timers.POLL_SECONDS", 60.0)
    monkeypatch.setattr("shared.timers.timers.PAUSE_SECONDS", 1.0)
    wakeup = Wakeup(alarms.pool)
    timers = Timers(alarms.pool, alarms.store, [ALARM], alarms.clock, wakeup)
    await alarms.set("far", NOW + 999 * HOUR)
    running = asyncio.create_task(timers.run())
    other = asyncio.create_task(_listen_elsewhere(wakeup))
    await asyncio.sleep(0.3)
    await alarms.set("a", NOW)
    wakeup.signal()
    await _until_rung(alarms)
    for task in (running, other):
        task.cancel()
    await asyncio.gather(running, other, return_exceptions=True)
    assert await alarms.rung() == {"alarm-a": 1}


async def _until_rung(alarms: AlarmClocks) -> None:
    """Wait for eight seconds at most: more than a busy machine needs, and less than a minute."""
    for _ in range(400):
        if await alarms.rung():
            return
        await asyncio.sleep(0.02)


async def _listen_elsewhere(wakeup: Wakeup) -> None:
    """The relay hears the same signals, and must take none of them away."""
    while True:
        await wakeup.wait(0.001)


async def test_a_lost_wake_up_makes_a_timer_late_by_a_poll_at_most(alarms: AlarmClocks) -> None:
    running = asyncio.create_task(alarms.timers().run())
    await asyncio.sleep(0.2)
    await alarms.set("a", NOW)
    await _until_rung(alarms)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert await alarms.rung() == {"alarm-a": 1}


async def test_streams_that_are_older_than_their_timers_get_them_once(alarms: AlarmClocks) -> None:
    await alarms.set_many(7, NOW + HOUR)
    await alarms.stop("3")
    await alarms.pool.execute("DELETE FROM timer WHERE stream_id > 'alarm-2'")
    await alarms.pool.execute("SELECT set_timers($1, $2)", ["alarm-3", "alarm-0"], [NOW, NOW])
    await derive_new(alarms.pool, alarms.store, [ALARM])
    assert await alarms.due() == await alarms.derived()
    await alarms.pool.execute("DELETE FROM timer")
    await derive_new(alarms.pool, alarms.store, [ALARM])
    assert await alarms.due() == {}, "it was done already"
    found = await derive(alarms.pool, alarms.store, ALARM)
    assert (found.streams, found.mended) == (7, 6)


async def test_deriving_touches_no_other_deciders_timers(alarms: AlarmClocks) -> None:
    await alarms.pool.execute("INSERT INTO stream VALUES ('alarms-1', 1, 0), ('alar-1', 1, 0)")
    await alarms.pool.execute("SELECT set_timers($1, $2)", ["alarms-1", "alar-1"], [NOW, NOW])
    await derive(alarms.pool, alarms.store, ALARM)
    assert set(await alarms.due()) == {"alarms-1", "alar-1"}


async def test_a_decision_of_an_old_state_leaves_the_timer_right(alarms: AlarmClocks) -> None:
    """Another process changed the stream behind this one's cached state: the timer follows the state that won."""
    await alarms.set("a", NOW + HOUR)
    other = Handler(alarms.store)
    context = Context(NOW, NOW)
    await other.handle(ALARM, "alarm-a", AlarmSet("up", NOW + 2 * HOUR), subject="anna", context=context)
    await alarms.set("a", NOW + 3 * HOUR, name="later")
    assert await alarms.due() == await alarms.derived() == {"alarm-a": NOW + 2 * HOUR}
