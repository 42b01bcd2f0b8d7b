"""A stream that is woken may look at another one before it decides."""

from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest

from shared.decider import Decider, Look
from shared.store.contract import Context
from shared.store.postgres import PostgresEventStore
from shared.testing.alarms import ALARM, Alarms, AlarmSet, AlarmStopped, Event, Ring, decide, evolve, wakes
from shared.testing.sample import NOW
from shared.timers.timers import Timers
from shared.wakeup import Wakeup
from tests.kernel.alarm_clocks import HOUR, AlarmClocks

Command = AlarmSet | AlarmStopped | Ring


def ring_while_the_house_is_up(alarms: Alarms, now: datetime, look: Look) -> Command:
    """Ring as long as the house has an alarm itself; else stop. A broken house can't be looked at."""
    house = look(ALARM, "alarm-house")
    if "broken" in house:
        raise ValueError("nobody can look at the house")
    return Ring(now) if house else AlarmStopped(min(alarms))


ROOM: Decider[Command, Event, Alarms] = Decider(
    "room", {}, decide, evolve, wakes=wakes, wake_looking=ring_while_the_house_is_up
)


@pytest.fixture
def alarms(pool: asyncpg.Pool) -> AlarmClocks:
    return AlarmClocks(pool)


async def set_room(alarms: AlarmClocks, key: str, at: datetime) -> None:
    context = Context(alarms.clock(), alarms.clock())
    await alarms.handler.handle(ROOM, f"room-{key}", AlarmSet("up", at), subject="anna", context=context)


async def fire(alarms: AlarmClocks) -> None:
    timers = Timers(alarms.pool, alarms.store, [ALARM, ROOM], alarms.clock, Wakeup(alarms.pool))
    while await timers.fire():
        pass


async def types(alarms: AlarmClocks, stream: str) -> list[str]:
    return [item.type for item in await alarms.store.read(stream)]


async def test_what_is_due_is_decided_with_what_the_other_stream_says(alarms: AlarmClocks) -> None:
    await alarms.set("house", NOW + timedelta(days=1))
    for key in ("a", "b"):
        await set_room(alarms, key, NOW + HOUR)
    alarms.clock.advance(HOUR)
    await fire(alarms)
    assert await types(alarms, "room-a") == await types(alarms, "room-b") == ["alarm-set", "alarm-rang"]


async def test_a_stream_that_is_not_there_is_seen_as_it_begins(alarms: AlarmClocks) -> None:
    await set_room(alarms, "a", NOW + HOUR)
    alarms.clock.advance(HOUR)
    await fire(alarms)
    assert await types(alarms, "room-a") == ["alarm-set", "alarm-stopped"]


async def test_it_sees_what_the_same_moment_has_decided_there(alarms: AlarmClocks) -> None:
    """The house rings its only alarm first, and the room, due later, finds none left."""
    await alarms.set("house", NOW + HOUR)
    await set_room(alarms, "a", NOW + 2 * HOUR)
    alarms.clock.advance(2 * HOUR)
    await fire(alarms)
    assert await types(alarms, "room-a") == ["alarm-set", "alarm-stopped"]


async def test_who_cannot_look_is_set_aside_alone(alarms: AlarmClocks) -> None:
    await alarms.set("house", NOW + timedelta(days=1), name="broken")
    await set_room(alarms, "a", NOW + HOUR)
    await alarms.set("b", NOW + HOUR)
    alarms.clock.advance(HOUR)
    await fire(alarms)
    assert await alarms.rung() == {"alarm-b": 1}
    assert list(await alarms.reasons()) == ["room-a"]


async def test_an_outage_while_looking_is_not_held_against_the_timer(
    alarms: AlarmClocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    await set_room(alarms, "a", NOW + HOUR)
    alarms.clock.advance(HOUR)
    read_many = PostgresEventStore.read_many

    async def read(store: PostgresEventStore, streams: list[str], **more: Any) -> object:
        if "alarm-house" in streams:
            raise OSError("the connection is gone")
        return await read_many(store, streams, **more)

    monkeypatch.setattr(PostgresEventStore, "read_many", read)
    with pytest.raises(OSError, match="gone"):
        await fire(alarms)
    assert await alarms.reasons() == {}
    assert await types(alarms, "room-a") == ["alarm-set"]
