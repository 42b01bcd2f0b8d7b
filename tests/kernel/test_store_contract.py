"""The event store's contract: in memory, on the simulation's database, and on PostgreSQL, alone and together."""

import asyncio
from datetime import datetime, timedelta

import asyncpg
import pytest

from shared.errors import Conflict
from shared.relay.sequence import Sequencer
from shared.store.contract import PARTITIONS, Append, Context, EventStore, KeyUsed, Mark, Moment, Once
from shared.store.housekeeping import remove_expired
from shared.store.memory import InMemoryEventStore
from shared.store.partition import partition_of
from shared.store.postgres import PostgresEventStore
from shared.testing.sample import CONTEXT, NOW, PUBLISHED, Raised, raised
from tests.simulation.contract import simulated_pool


@pytest.fixture(params=["memory", "simulated", "postgres", "together"])
def store(request: pytest.FixtureRequest) -> EventStore:
    if request.param == "memory":
        return InMemoryEventStore(PUBLISHED, clock=lambda: NOW)
    if request.param == "simulated":
        return PostgresEventStore(simulated_pool(), PUBLISHED, clock=lambda: NOW)
    store: EventStore = request.getfixturevalue("postgres_store" if request.param == "postgres" else "busy")
    return store


async def test_what_is_appended_is_read_back_in_order(store: EventStore) -> None:
    await store.append(raised("a", 1))
    await store.append(Append("a", 1, "a", [Raised(2), Raised(3)], CONTEXT))
    events = await store.read("a")
    assert [(item.id, item.event.by) for item in events] == [("a@1", 1), ("a@2", 2), ("a@3", 3)]
    assert [item.position for item in events] == sorted({item.position for item in events})
    assert all(item.occurred_at == NOW and item.subject == "a" and item.service == "sample" for item in events)


async def test_a_stream_can_be_read_in_part(store: EventStore) -> None:
    await store.append(Append("a", 0, "a", [Raised(by) for by in (1, 2, 3, 4)], CONTEXT))
    assert [item.version for item in await store.read("a", after=1, up_to=3)] == [2, 3]
    assert list(await store.read("nothing")) == []


async def test_the_news_of_a_stream_are_its_version_and_the_events_after_another(store: EventStore) -> None:
    assert await store.news("a") == (0, [])
    await store.append(Append("a", 0, "a", [Raised(by) for by in (1, 2, 3, 4)], CONTEXT))
    assert await store.news("a") == (4, [Raised(1), Raised(2), Raised(3), Raised(4)])
    assert await store.news("a", after=2) == (4, [Raised(3), Raised(4)])
    assert await store.news("a", after=4) == (4, [])


async def test_of_many_streams_the_news_alone_can_be_read(store: EventStore) -> None:
    await store.append(Append("a", 0, "a", [Raised(1), Raised(2)], CONTEXT), raised("b", 3), raised("c", 4))
    found = await store.read_many(["a", "b", "c", "none"], after={"a": 1, "b": 1})
    assert {name: [(item.version, item.event.by) for item in news] for name, news in found.items()} == {
        "a": [(2, 2)],
        "c": [(1, 4)],
    }


async def test_behind_a_mark_is_what_came_after_it_where_it_still_stands(store: EventStore) -> None:
    later = NOW + timedelta(microseconds=1)
    await store.append(Append("a", 0, "a", [Raised(1), Raised(2)], CONTEXT), raised("b", 3))
    await store.append(Append("a", 2, "a", [Raised(3)], Context(NOW, later)))
    marks = {"a": Mark(2, NOW), "b": Mark(1, NOW), "c": Mark(1, NOW), "none": Mark(1, NOW)}
    found = await store.read_behind(marks)
    assert {name: [(item.version, item.event.by) for item in news] for name, news in found.items()} == {
        "a": [(3, 3)],
        "b": [],
    }
    assert await store.read_behind({"a": Mark(3, NOW), "b": Mark(2, NOW)}) == {}
    assert await store.read_behind({"a": Mark(1, later)}) == {}


async def test_a_stream_can_be_read_as_of_a_time_and_as_known_at_a_time(store: EventStore) -> None:
    hour = timedelta(hours=1)
    told = [  # (happened, recorded): the second fact is late, the third is corrected later still
        Context(occurred_at=NOW, recorded_at=NOW),
        Context(occurred_at=NOW - 2 * hour, recorded_at=NOW + hour),
        Context(occurred_at=NOW + hour, recorded_at=NOW + 2 * hour),
    ]
    for version, context in enumerate(told):
        await store.append(Append("a", version, "anna", [Raised(version + 1)], context))

    async def seen(as_of: datetime | None, known_at: datetime | None) -> list[int]:
        return [item.event.by for item in await store.read("a", at=Moment(as_of, known_at))]

    assert await seen(None, None) == [1, 2, 3]
    assert await seen(NOW, None) == [1, 2]
    assert await seen(None, NOW) == [1]
    assert await seen(NOW - hour, NOW + hour) == [2]
    assert await seen(NOW - hour, NOW) == []


async def test_only_the_expected_version_can_be_appended_to(store: EventStore) -> None:
    await store.append(raised("a", 1))
    for stale in (raised("a", 2), raised("a", 2, expected=2), raised("new", 2, expected=1)):
        with pytest.raises(Conflict):
            await store.append(stale)
    assert len(await store.read("a")) == 1
    assert list(await store.read("new")) == []


async def test_of_many_streams_all_are_written_or_none(store: EventStore) -> None:
    await store.append(raised("b", 1))
    with pytest.raises(Conflict):
        await store.append(raised("a", 1), raised("b", 2), raised("c", 3))
    assert await store.read_many(["a", "c"]) == {}
    assert await store.append(raised("a", 1), raised("b", 2, expected=1), raised("c", 3)) == [1, 2, 1]


async def test_a_stream_may_stand_twice_in_one_append(store: EventStore) -> None:
    assert await store.append(raised("a", 1), raised("b", 5), raised("a", 2, expected=1)) == [1, 1, 2]
    with pytest.raises(Conflict):
        await store.append(raised("a", 3, expected=2), raised("a", 4, expected=2))
    assert [item.event.by for item in await store.read("a")] == [1, 2]


async def test_an_append_may_hold_a_stream_to_not_existing_and_leaves_nothing_of_it(store: EventStore) -> None:
    absent = Append("b", 0, "b", (), CONTEXT)
    assert await store.append(raised("a", 1), absent) == [1, 0]
    assert await store.read_many(["b"]) == {}
    await store.append(raised("c", 1), absent, once=Once("key", "print", b"{}", NOW + timedelta(days=1)))
    await store.append(raised("b", 1))
    with pytest.raises(Conflict):
        await store.append(raised("a", 2, expected=1), absent)
    assert len(await store.read("a")) == 1


async def test_a_stream_that_was_held_to_not_existing_begins_where_its_first_event_belongs(store: EventStore) -> None:
    absent = Append("b", 0, "another", (), CONTEXT)
    await store.append(raised("a", 1, subject="one"), absent, raised("b", 1, subject="one"))
    (first,), (second,) = await store.read("a"), await store.read("b")
    assert first.partition == second.partition
    assert first.partition != partition_of("another")


async def test_a_stream_stays_in_the_partition_in_which_it_began(store: EventStore) -> None:
    await store.append(raised("a", 1, subject="one"))
    await store.append(raised("a", 1, expected=1, subject="another"))
    await store.append(raised("a", 1, expected=2, subject="third"), raised("b", 1, subject="third"))
    assert len({item.partition for item in await store.read("a")}) == 1


async def test_an_answer_is_stored_with_its_events_or_not_at_all(store: EventStore) -> None:
    once = Once("key", "print", b"answer", NOW + timedelta(days=7))
    await store.append(raised("a", 1), once=once)
    assert await store.answered("key") == ("print", b"answer")
    with pytest.raises(KeyUsed):
        await store.append(raised("a", 2, expected=1), once=once)
    with pytest.raises(KeyUsed):
        await store.append(raised("a", 2, expected=1), raised("b", 2), once=once)
    assert len(await store.read("a")) == 1
    assert await store.read_many(["b"]) == {}


@pytest.mark.parametrize("appends", [(), (raised("a", 1),), (raised("a", 1), raised("b", 1))])
async def test_several_answers_are_stored_together_or_not_at_all(store: EventStore, appends: list[Append]) -> None:
    answers = [Once(name, "f", b"{}", NOW + timedelta(days=1)) for name in ("k1", "k2")]
    await store.append(*appends, once=answers)
    assert [await store.answered(name) for name in ("k1", "k2")] == [("f", b"{}")] * 2
    with pytest.raises(KeyUsed):
        await store.append(raised("c", 1), once=[Once("k3", "f", b"{}", NOW + timedelta(days=1)), answers[0]])
    assert (await store.answered("k3"), list(await store.read("c"))) == (None, [])


async def test_a_conflict_leaves_the_key_free(store: EventStore) -> None:
    once = Once("key", "print", b"answer", NOW + timedelta(days=7))
    for stale in ([raised("a", 1, expected=4)], [raised("a", 1, expected=4), raised("b", 1)]):
        with pytest.raises(Conflict):
            await store.append(*stale, once=once)
    assert await store.answered("key") is None
    await store.append(once=once)
    assert await store.answered("key") == ("print", b"answer")


async def test_an_expired_answer_is_forgotten_and_its_key_free_again(store: EventStore) -> None:
    await store.append(once=Once("key", "old", b"old", NOW))
    assert await store.answered("key") is None
    await store.append(once=Once("key", "new", b"new", NOW + timedelta(days=7)))
    assert await store.answered("key") == ("new", b"new")


async def test_of_parallel_writers_at_one_version_exactly_one_wins(store: EventStore) -> None:
    outcomes = await asyncio.gather(*(store.append(raised("a", by)) for by in range(1, 21)), return_exceptions=True)
    assert [isinstance(outcome, Conflict) for outcome in outcomes].count(False) == 1
    assert len(await store.read("a")) == 1


async def test_batches_over_the_same_streams_in_any_order_do_not_deadlock(store: EventStore) -> None:
    names = [f"s{number}" for number in range(20)]
    await store.append(*(raised(name, 1) for name in names))

    async def batch(order: list[str]) -> bool:
        try:
            await store.append(*(raised(name, 1, expected=1) for name in order))
        except Conflict:
            return False
        return True

    outcomes = await asyncio.gather(*(batch(names if turn % 2 else names[::-1]) for turn in range(12)))
    assert outcomes.count(True) == 1


async def test_the_log_ends_with_the_last_event_that_its_pages_hold(store: EventStore) -> None:
    assert not any((await store.log_ends()).values())
    await store.append(*(raised(f"s{number}", 1) for number in range(30)))
    if isinstance(store, PostgresEventStore):
        sequencer = Sequencer(store.database, range(PARTITIONS))
        await sequencer.lead()
        await sequencer.next_batch(100)
    ends = await store.log_ends()
    assert sum(ends.values()) == 30
    for partition in range(PARTITIONS):
        numbers = [number async for page in store.read_log(partition) for number, _ in page]
        assert numbers == list(range(1, ends.get(partition, 0) + 1))


async def test_losers_burn_no_position(pool: asyncpg.Pool) -> None:
    store = PostgresEventStore(pool, PUBLISHED)
    await store.append(raised("a", 1))
    for _ in range(5):
        with pytest.raises(Conflict):
            await store.append(raised("a", 1))
        with pytest.raises(Conflict):
            await store.append(raised("a", 1), raised("b", 1))
    await store.append(raised("b", 1))
    assert (await store.read("b"))[0].position == (await store.read("a"))[0].position + 1


async def test_expired_answers_are_removed_and_others_kept(pool: asyncpg.Pool) -> None:
    store = PostgresEventStore(pool, PUBLISHED, clock=lambda: NOW)
    for name, expires_at in (("old", NOW), ("older", NOW - timedelta(days=1)), ("new", NOW + timedelta(days=1))):
        await store.append(once=Once(name, "print", b"answer", expires_at))
    assert await remove_expired(pool, lambda: NOW) == 2
    assert await pool.fetchval("SELECT array_agg(key) FROM idempotency") == ["new"]


def timed(stream: str, expected: int, wakes_at: datetime | None, *, events: int = 1) -> Append:
    return Append(stream, expected, "anna", [Raised(1)] * events, CONTEXT, wakes_at)


SOON, LATER = NOW + timedelta(hours=1), NOW + timedelta(days=1)


@pytest.mark.parametrize("events", [1, 2])
async def test_an_append_sets_moves_and_cancels_its_streams_timer(store: EventStore, events: int) -> None:
    seen = []
    for turn, wakes_at in enumerate((SOON, LATER, None, None, SOON)):
        await store.append(timed("a", turn * events, wakes_at, events=events))
        seen.append(await store.wakes_at("a"))
    assert seen == [SOON, LATER, None, None, SOON]
    assert await store.wakes_at("b") is None


async def test_an_append_that_says_nothing_of_the_timer_leaves_it(store: EventStore) -> None:
    await store.append(timed("a", 0, SOON))
    await store.append(raised("a", 1, expected=1))
    await store.append(raised("a", 1, expected=2), raised("b", 1))
    assert await store.wakes_at("a") == SOON


async def test_of_several_appends_to_a_stream_the_last_that_says_something_sets_the_timer(store: EventStore) -> None:
    await store.append(timed("a", 0, SOON), timed("b", 0, SOON), timed("a", 1, LATER), timed("b", 1, None))
    assert (await store.wakes_at("a"), await store.wakes_at("b")) == (LATER, None)
    await store.append(timed("a", 2, SOON), raised("a", 1, expected=3))
    assert await store.wakes_at("a") == SOON


async def test_a_loser_leaves_the_timer_as_it_is(store: EventStore) -> None:
    await store.append(timed("a", 0, SOON))
    for losers in ([timed("a", 0, LATER)], [timed("a", 3, None)], [timed("a", 3, None), timed("b", 0, SOON)]):
        with pytest.raises(Conflict):
            await store.append(*losers)
    assert (await store.wakes_at("a"), await store.wakes_at("b")) == (SOON, None)


async def test_a_timer_is_set_with_the_answer_and_its_events_or_not_at_all(store: EventStore) -> None:
    once = Once("key", "print", b"answer", NOW + timedelta(days=7))
    await store.append(timed("a", 0, SOON), once=once)
    for again in ([timed("a", 1, LATER)], [timed("a", 1, None)], [timed("a", 1, None), timed("b", 0, SOON)]):
        with pytest.raises(KeyUsed):
            await store.append(*again, once=once)
    assert (await store.wakes_at("a"), await store.wakes_at("b")) == (SOON, None)
    other = Once("other", "print", b"answer", NOW + timedelta(days=7))
    await store.append(timed("a", 1, None), once=other)
    assert await store.wakes_at("a") is None
