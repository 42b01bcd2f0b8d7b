"""A decider made up for the tests of timers: alarms that ring, once or again and again."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import assert_never

from msgspec import Struct

from shared.decider import Decider
from shared.events import Catalogue


class AlarmSet(Struct, frozen=True):
    """An alarm will ring at `at`, and then every `every`. Named "broken" or "stuck" it can't."""

    name: str
    at: datetime
    every: timedelta | None = None


class AlarmStopped(Struct, frozen=True):
    """It won't ring any more."""

    name: str


class AlarmRang(Struct, frozen=True):
    """It rang for the time `at`."""

    name: str
    at: datetime


class Ring(Struct, frozen=True):
    """Ring the earliest alarm that is due."""

    now: datetime


Event = AlarmSet | AlarmStopped | AlarmRang
Alarms = dict[str, AlarmSet]


def earliest(alarms: Alarms) -> AlarmSet | None:
    """Return the alarm that rings next."""
    return min(alarms.values(), key=lambda alarm: alarm.at, default=None)


def wakes(alarms: Alarms) -> datetime | None:
    """Return when the next alarm rings."""
    alarm = earliest(alarms)
    return alarm.at if alarm else None


def decide(command: AlarmSet | AlarmStopped | Ring, alarms: Alarms) -> Sequence[Event]:
    """Set, stop or ring. A broken alarm raises, a stuck one stays silent, an unspeakable one can't be stored."""
    match command:
        case AlarmSet():
            return () if alarms.get(command.name) == command else (command,)
        case AlarmStopped():
            return (command,) if command.name in alarms else ()
        case Ring(now):
            alarm = earliest(alarms)
            if alarm is None or alarm.at > now or alarm.name == "stuck":
                return ()
            if alarm.name == "broken":
                raise ValueError("the alarm is broken")
            return (AlarmRang("\0" if alarm.name == "unspeakable" else alarm.name, alarm.at),)
        case _:
            assert_never(command)


def evolve(alarms: Alarms, event: Event) -> Alarms:
    """Keep what will ring."""
    match event:
        case AlarmSet():
            return {**alarms, event.name: event}
        case AlarmStopped():
            return {name: alarm for name, alarm in alarms.items() if name != event.name}
        case AlarmRang():
            return _rung(alarms, event)
        case _:
            assert_never(event)


def _rung(alarms: Alarms, event: AlarmRang) -> Alarms:
    rest = dict(alarms)
    alarm = rest.pop(event.name, None) or rest.pop("unspeakable", None)
    if alarm and alarm.every:
        rest[event.name] = AlarmSet(alarm.name, alarm.at + alarm.every, alarm.every)
    return rest


ALARM: Decider[AlarmSet | AlarmStopped | Ring, Event, Alarms] = Decider(
    "alarm", {}, decide, evolve, wakes=wakes, wake=Ring
)
PUBLISHED = Catalogue(
    "sample", {"alarm-set.v1": AlarmSet, "alarm-stopped.v1": AlarmStopped, "alarm-rang.v1": AlarmRang}
)
