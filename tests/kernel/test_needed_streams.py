"""A decision may learn on its way which streams it needs: they are read, and it is taken again, as a whole."""

from dataclasses import replace

import asyncpg
import pytest

from shared.consumers.handler import Item
from shared.errors import Conflict
from shared.handle import Handler
from shared.policies.handler import PolicyHandler
from shared.policies.policy import RawRecord, Work
from shared.policies.work import Needed, WorkingSet
from shared.store.contract import Recorded
from shared.store.memory import InMemoryEventStore
from shared.store.postgres import PostgresEventStore
from shared.testing.sample import CONTEXT, COUNTER, ECHO, NOW, PUBLISHED, Echoed, Raise, raised

RECORD = RawRecord("rapport.sample.v1", 0, 0, None, (), None)


def follow(work: Work, stream: str) -> int:
    """Raise `stream`, and then whatever counter the number in it names, until one is at 0; return how many."""
    steps = 0
    while True:
        work.handle(COUNTER, stream, Raise(1), subject="one", context=CONTEXT)
        steps += 1
        total = work.state(COUNTER, stream)
        if total <= 1:
            return steps
        stream = f"at-{total - 1}"


@pytest.fixture
async def store() -> InMemoryEventStore:
    """A chain: the counter `start` is at 5, so it names `at-5`; that is at 7; `at-7` doesn't exist."""
    store = InMemoryEventStore(PUBLISHED)
    await store.append(raised("start", 5), raised("at-5", 7))
    return store


async def test_what_is_not_loaded_is_named(store: InMemoryEventStore) -> None:
    work = WorkingSet(store, NOW)
    for look in (work.version, work.subject, lambda stream: work.state(COUNTER, stream)):
        with pytest.raises(Needed) as caught:
            look("start")
        assert caught.value.stream == "start"


async def test_a_decision_is_taken_again_until_it_has_what_it_needs_and_counts_once(store: InMemoryEventStore) -> None:
    work = WorkingSet(store, NOW)
    await work.load(["start"])
    assert await work.decide(follow, work, "start") == 3
    await work.commit()
    totals = [COUNTER.fold(item.event for item in await store.read(name)) for name in ("start", "at-5", "at-7")]
    assert totals == [6, 8, 1]


async def test_what_was_decided_before_in_the_batch_stays_when_a_later_decision_begins_again(
    store: InMemoryEventStore,
) -> None:
    work = WorkingSet(store, NOW)
    await work.load(["other", "start"])
    work.handle(COUNTER, "other", Raise(2), subject="one", context=CONTEXT)
    await work.decide(follow, work, "start")
    await work.commit()
    assert [item.event.by for item in await store.read("other")] == [2]
    assert len(await store.read("start")) == 2


async def test_a_policy_may_touch_streams_that_it_did_not_name_before(
    pool: asyncpg.Pool, postgres_store: PostgresEventStore
) -> None:
    def react(work: Work, event: Recorded) -> None:
        total = work.state(COUNTER, event.stream)
        work.handle(COUNTER, f"echo-{total}", Echoed(event.id), subject=event.subject, context=CONTEXT)

    await postgres_store.append(raised("a", 3))
    (event,) = await postgres_store.read("a")
    handler = PolicyHandler(replace(ECHO, needs=lambda _: (), react=react), postgres_store, lambda: NOW)
    async with pool.acquire() as connection, connection.transaction():
        assert await handler.apply(connection, [("a", Item(RECORD, event))], frozenset()) == []
    assert [item.event.cause for item in await postgres_store.read("echo-3")] == ["a@1"]


async def test_only_what_came_after_a_kept_state_is_read(store: InMemoryEventStore) -> None:
    handler = Handler(store)
    for total in (6, 7):
        work = WorkingSet(store, NOW, states=handler)
        await work.load(["start"])
        work.handle(COUNTER, "start", Raise(1), subject="one", context=CONTEXT)
        assert (work.state(COUNTER, "start"), work.version("start"), work.subject("start")) == (
            total,
            total - 4,
            "start",
        )
        await work.commit()
    await store.append(raised("start", 10, expected=3))
    work = WorkingSet(store, NOW, states=handler)
    await work.load(["start"])
    assert (work.state(COUNTER, "start"), work.version("start")) == (17, 4)


async def test_a_decision_on_a_kept_state_that_is_old_is_not_stored(store: InMemoryEventStore) -> None:
    handler = Handler(store)
    first, second = (WorkingSet(store, NOW, states=handler) for _ in range(2))
    for work in (first, second):
        await work.load(["start"])
        work.handle(COUNTER, "start", Raise(1), subject="one", context=CONTEXT)
    await first.commit()
    with pytest.raises(Conflict):
        await second.commit()
    kept = handler.known("start")
    assert kept is not None
    assert (kept.version, kept.state) == (2, 6)


@pytest.mark.parametrize("stream", ["at-5", "nowhere"])
async def test_what_was_only_looked_at_must_still_be_so_though_it_does_not_exist(
    store: InMemoryEventStore, stream: str
) -> None:
    work = WorkingSet(store, NOW)
    await work.load(["start", stream])
    work.handle(COUNTER, "start", Raise(1), subject="one", context=CONTEXT)
    work.guard(stream, CONTEXT)
    await store.append(raised(stream, 1, expected=work.version(stream)))
    with pytest.raises(Conflict):
        await work.commit()
    assert len(await store.read("start")) == 1


async def test_who_is_one_with_whom_is_asked_once_for_a_whole_batch(
    pool: asyncpg.Pool, postgres_store: PostgresEventStore
) -> None:
    decided: list[str] = []

    def react(work: Work, event: Recorded) -> None:
        decided.append(event.subject)
        assert work.members(event.subject) == (event.subject,)

    await postgres_store.append(*(raised(name, 3) for name in ("a", "b", "c")))
    events = [(await postgres_store.read(name))[0] for name in ("a", "b", "c")]
    handler = PolicyHandler(replace(ECHO, needs=lambda _: (), react=react), postgres_store, lambda: NOW)
    async with pool.acquire() as connection, connection.transaction():
        items = [(event.stream, Item(RECORD, event)) for event in events]
        assert await handler.apply(connection, items, frozenset()) == []
    assert decided == ["a", "a", "b", "c"]
