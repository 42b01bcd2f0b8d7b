"""A year of the kernel's timers: every class falls at its own moment, once, and never late."""

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg

from services.scoring.contracts.published import PUBLISHED
from services.scoring.domain.activity import ACTIVITY
from services.scoring.domain.activity_class import classify
from services.scoring.domain.events import ActivityChanged
from services.scoring.service import SERVICE
from shared.store.postgres import PostgresEventStore
from shared.testing.clock import SettableClock
from shared.timers.timers import Timers
from shared.wakeup import Wakeup
from tests.scoring.activity_facts import notice, purchase

START = datetime(1997, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def timers_of(pool: asyncpg.Pool, store: PostgresEventStore, clock: SettableClock) -> Timers:
    return Timers(pool, store, SERVICE.deciders, clock, Wakeup(pool))


async def test_in_a_simulated_year_no_fall_is_late_early_or_missing(pool: asyncpg.Pool) -> None:
    clock = SettableClock(START)
    store = PostgresEventStore(pool, PUBLISHED, clock)
    timers = timers_of(pool, store, clock)
    dice = random.Random(3)
    customers = [UUID(int=number) for number in range(1, 13)]
    days = sorted(dice.randrange(600) for _ in range(90))
    for day in days:
        await timers.run_until(clock, START + day * DAY)
        facts = [purchase(day - dice.choice([0, 0, 0, 20]), dice.choice(customers))]
        await notice(store, facts, clock())
        assert await _wrong(pool, store, clock()) == []
    await timers.run_until(clock, START + 1100 * DAY)
    assert await _wrong(pool, store, clock()) == []
    for customer in customers:
        events = await store.read(ACTIVITY.stream(customer))
        falls = [item for item in events if isinstance(item.event, ActivityChanged) and item.event.purchased_at is None]
        assert [item.occurred_at for item in falls] == [item.event.since for item in falls]
        assert all(item.recorded_at == item.occurred_at for item in falls)
        assert [item.meta["causation"] for item in falls] == ["timer"] * len(falls)
    assert await pool.fetchval("SELECT count(*) FROM timer") == 0


async def _wrong(pool: asyncpg.Pool, store: PostgresEventStore, now: datetime) -> list[str]:
    """Return the streams whose decided class isn't that of the moment."""
    streams = [row[0] for row in await pool.fetch("SELECT DISTINCT stream_id FROM event")]
    states = {
        stream: ACTIVITY.fold(item.event for item in events)
        for stream, events in (await store.read_many(streams)).items()
    }
    return [stream for stream, state in states.items() if state.activity is not classify(state.days, now.toordinal())]


async def test_an_outage_over_several_thresholds_is_caught_up_class_by_class(pool: asyncpg.Pool) -> None:
    clock = SettableClock(START)
    store = PostgresEventStore(pool, PUBLISHED, clock)
    await notice(store, [purchase(0), purchase(1)], START + DAY)
    clock.move_to(START + 1000 * DAY)
    timers = timers_of(pool, store, clock)
    while await timers.fire():
        pass
    changes = [item for item in await store.read(ACTIVITY.stream(UUID(int=9))) if item.type == "activity-changed"]
    assert [(item.event.after, (item.occurred_at - START).days) for item in changes] == [
        ("regular", 0),
        ("active", 1),
        ("regular", 180),
        ("inactive", 181),
        ("silent", 366),
    ]
    assert {item.recorded_at for item in changes[2:]} == {clock()}


async def test_a_replay_of_old_facts_leaves_neither_timers_nor_events(
    pool: asyncpg.Pool, store: PostgresEventStore
) -> None:
    many = [purchase(day, UUID(int=day % 40 + 1)) for day in range(0, 400, 3)]
    await notice(store, many, START + 5000 * DAY)
    assert await pool.fetchval("SELECT count(*) FROM timer") == 0
    assert await pool.fetchval("SELECT count(*) FROM event") == 0
