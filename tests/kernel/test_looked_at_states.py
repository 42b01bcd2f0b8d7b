"""What many messages look at stays folded between batches: only what is new is read, and only what was stored kept."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import asyncpg

from shared.consumers.handler import Item
from shared.policies.handler import PolicyHandler
from shared.policies.looked_at import LookedAt
from shared.policies.policy import RawRecord, Work
from shared.policies.work import WorkingSet
from shared.store.contract import Recorded
from shared.store.memory import InMemoryEventStore
from shared.store.postgres import PostgresEventStore
from shared.testing.sample import CONTEXT, COUNTER, ECHO, NOW, PUBLISHED, Raise, raised

RECORD = RawRecord("rapport.sample.v1", 0, 0, None, (), None)


class Counting(InMemoryEventStore):
    """Counts the events that were read."""

    read_events = 0

    async def read_many(
        self, streams: Sequence[str], *, after: Mapping[str, int] | None = None
    ) -> Mapping[str, Sequence[Recorded]]:
        found = await super().read_many(streams, after=after)
        self.read_events += sum(map(len, found.values()))
        return found


async def batch(store: InMemoryEventStore, kept: LookedAt, *, by: int = 0, commits: bool = True) -> int:
    """Look at `shared`, raise it, and return what it was; a transaction around the batch may come to nothing."""
    work = WorkingSet(store, NOW, states=kept, tentative=True)
    await work.load(["shared"])
    seen = work.state(COUNTER, "shared")
    if by:
        work.handle(COUNTER, "shared", Raise(by), subject="one", context=CONTEXT)
    if commits:
        await work.commit()
    return seen


async def test_of_a_kept_stream_each_batch_reads_what_is_new_alone() -> None:
    store, kept = Counting(PUBLISHED), LookedAt(lambda stream: stream == "shared")
    await store.append(raised("shared", 3))
    assert [await batch(store, kept) for _ in range(3)] == [3, 3, 3]
    assert store.read_events == 1
    await store.append(raised("shared", 4, expected=1))
    assert (await batch(store, kept), await batch(store, kept), store.read_events) == (7, 7, 2)


async def test_what_isnt_wanted_is_not_kept_and_of_many_the_latest_are() -> None:
    store, none = Counting(PUBLISHED), LookedAt(lambda _: False)
    await store.append(raised("shared", 3))
    assert [await batch(store, none) for _ in range(2)] == [3, 3]
    assert store.read_events == 2
    few = LookedAt(lambda _: True, most=1)
    for stream in ("a", "b"):
        await store.append(raised(stream, 1))
        work = WorkingSet(store, NOW, states=few, tentative=True)
        await work.load([stream])
        work.state(COUNTER, stream)
        await work.commit()
    assert (few.known("a"), few.known("b") is not None) == (None, True)


async def test_what_a_batch_appends_is_kept_once_it_has_been_read_again() -> None:
    store, kept = Counting(PUBLISHED), LookedAt(lambda _: True)
    await store.append(raised("shared", 3))
    assert await batch(store, kept, by=5) == 3
    known = kept.known("shared")
    assert known is not None
    assert (known.version, known.state) == (1, 3)
    assert await batch(store, kept, by=1) == 8
    assert await batch(store, kept) == 9


async def test_a_batch_that_is_rolled_back_leaves_no_state_that_never_was(
    pool: asyncpg.Pool, postgres_store: PostgresEventStore
) -> None:
    def react(work: Work, event: Recorded) -> None:
        work.handle(COUNTER, "shared", Raise(1), subject="one", context=CONTEXT)

    await postgres_store.append(raised("a", 3), raised("shared", 1))
    (event,) = await postgres_store.read("a")
    policy = replace(ECHO, needs=lambda _: ("shared",), react=react, keeps=lambda stream: stream == "shared")
    handler = PolicyHandler(policy, postgres_store, lambda: NOW)
    async with pool.acquire() as connection:
        for wanted in (False, True, False, True):
            transaction = connection.transaction()
            await transaction.start()
            assert await handler.apply(connection, [("a", Item(RECORD, event))], frozenset()) == []
            await (transaction.commit() if wanted else transaction.rollback())
    assert COUNTER.fold(item.event for item in await postgres_store.read("shared")) == 3
