"""A stream that a policy keeps is read from where it ended; unless the log isn't the one that it was met in."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest
from msgspec import structs

from shared.consumers.handler import Afterwards, Item
from shared.errors import Rejected
from shared.policies.handler import PolicyHandler
from shared.policies.kept import KeptStates
from shared.policies.policy import RawRecord, Work
from shared.policies.work import WorkingSet
from shared.store.contract import Append, Context, Mark, Recorded
from shared.store.memory import InMemoryEventStore
from shared.store.postgres import PostgresEventStore
from shared.testing.sample import CONTEXT, COUNTER, ECHO, NOW, PUBLISHED, Raise, Raised, raised

STREAM = "shared"
RECORD = RawRecord("rapport.sample.v1", 0, 0, None, (), None)


class Counting(InMemoryEventStore):
    """Counts the events that were read."""

    read_events = 0

    async def read_many(
        self, streams: Sequence[str], *, after: Mapping[str, int] | None = None
    ) -> Mapping[str, Sequence[Recorded]]:
        return self._counted(await super().read_many(streams, after=after))

    async def read_behind(self, marks: Mapping[str, Mark]) -> Mapping[str, Sequence[Recorded]]:
        return self._counted(await super().read_behind(marks))

    def _counted(self, found: Mapping[str, Sequence[Recorded]]) -> Mapping[str, Sequence[Recorded]]:
        self.read_events += sum(map(len, found.values()))
        return found


class Batches:
    """Batches of one policy, a second after each other."""

    def __init__(self, store: Counting, kept: KeptStates) -> None:
        self.store, self.kept, self.now = store, kept, NOW

    @asynccontextmanager
    async def begun(self, *streams: str) -> AsyncIterator[WorkingSet]:
        """Begin a batch with these streams; whoever wants it to count ends it."""
        self.now += timedelta(seconds=1)
        work = WorkingSet(self.store, self.now)
        await self.kept.bring(work, streams)
        await work.load(streams)
        yield work

    async def take(self, *by: int, stream: str = STREAM) -> int:
        """Look at a stream, raise it, commit; return what it was."""
        async with self.begun(stream) as work:
            seen = work.state(COUNTER, stream)
            for number in by:
                work.handle(COUNTER, stream, Raise(number), subject="one", context=Context(self.now, self.now))
            await work.commit()
            self.kept.remember(work)
        return seen


@pytest.fixture
def store() -> Counting:
    return Counting(PUBLISHED, lambda: NOW)


@pytest.fixture
def wanted(store: Counting) -> Batches:
    return Batches(store, KeptStates(lambda stream: stream == STREAM))


async def test_of_a_wanted_stream_each_batch_reads_what_is_new_alone(store: Counting, wanted: Batches) -> None:
    await store.append(raised(STREAM, 3))
    assert [await wanted.take() for _ in range(3)] == [3, 3, 3]
    assert store.read_events == 1
    await store.append(raised(STREAM, 4, expected=1))
    assert (await wanted.take(), await wanted.take(), store.read_events) == (7, 7, 2)


async def test_what_a_batch_wrote_is_not_read_again(store: Counting, wanted: Batches) -> None:
    await store.append(raised(STREAM, 3))
    assert [await wanted.take(5), await wanted.take(1, 1), await wanted.take()] == [3, 8, 10]
    assert store.read_events == 1


async def test_a_long_stream_is_kept_though_nobody_wants_it_and_a_short_one_isnt(store: Counting) -> None:
    batches = Batches(store, KeptStates(lambda _: False, long=3))
    await batches.take(1, 2)
    assert (await batches.take(3), store.read_events) == (3, 2)
    assert (await batches.take(4), await batches.take(), store.read_events) == (6, 10, 2)


async def test_of_many_states_the_oldest_gives_way(store: Counting) -> None:
    batches = Batches(store, KeptStates(lambda _: True, most=1))
    for stream in ("a", "b"):
        await batches.take(1, stream=stream)
    assert (await batches.take(stream="b"), store.read_events) == (1, 0)
    assert (await batches.take(stream="a"), store.read_events) == (1, 1)


async def test_where_another_event_stands_at_the_place_of_the_last_one_all_is_read(store: Counting) -> None:
    batches = Batches(store, KeptStates(lambda _: True))
    await batches.take(1, 2)
    lost = Counting(PUBLISHED, lambda: NOW)  # the database has lost the second event, and another one came instead
    await lost.append(raised(STREAM, 1))
    other = Context(NOW, NOW + timedelta(microseconds=1))
    await lost.append(Append(STREAM, 1, "one", [Raised(7)], other))
    batches.store = lost
    assert (await batches.take(), lost.read_events) == (8, 2)


async def test_where_the_last_event_is_gone_all_is_read(store: Counting) -> None:
    batches = Batches(store, KeptStates(lambda _: True))
    await batches.take(1, 2)
    batches.store = Counting(PUBLISHED, lambda: NOW)
    await batches.store.append(raised(STREAM, 1))
    assert await batches.take() == 1


async def test_what_was_taken_back_is_not_kept(store: Counting, wanted: Batches) -> None:
    await store.append(raised(STREAM, 3))
    async with wanted.begun(STREAM) as work:
        with suppress(Rejected), work.whole():
            work.handle(COUNTER, STREAM, Raise(5), subject="one", context=Context(NOW, NOW + timedelta(days=1)))
            work.handle(COUNTER, STREAM, Raise(1_000), subject="one", context=CONTEXT)
        await work.commit()
        wanted.kept.remember(work)
    assert (await wanted.take(), store.read_events) == (3, 1)


async def test_of_batches_side_by_side_the_newer_state_is_kept(store: Counting, wanted: Batches) -> None:
    await store.append(raised(STREAM, 3))
    async with wanted.begun(STREAM) as slow:
        assert slow.state(COUNTER, STREAM) == 3
        await wanted.take(4)
        await slow.commit()
        wanted.kept.remember(slow)
    read = store.read_events
    assert (await wanted.take(), store.read_events) == (7, read)


async def test_a_batch_that_is_rolled_back_leaves_no_state_that_never_was(
    pool: asyncpg.Pool, postgres_store: PostgresEventStore
) -> None:
    def react(work: Work, event: Recorded) -> None:
        context = structs.replace(CONTEXT, recorded_at=work.now)
        work.handle(COUNTER, STREAM, Raise(1), subject="one", context=context)

    await postgres_store.append(raised("a", 3), raised(STREAM, 1))
    (event,) = await postgres_store.read("a")
    policy = replace(ECHO, needs=lambda _: (STREAM,), react=react, keeps=lambda _: True)
    handler = PolicyHandler(policy, postgres_store, lambda: NOW)
    async with pool.acquire() as connection:
        for commits in (False, True, False, True):
            transaction, afterwards = connection.transaction(), Afterwards()
            await transaction.start()
            pairs = [("a", Item(RECORD, event))]
            assert await handler.apply(connection, pairs, frozenset(), afterwards) == []
            await (transaction.commit() if commits else transaction.rollback())
            for learn in afterwards if commits else ():
                learn()
    assert COUNTER.fold(item.event for item in await postgres_store.read(STREAM)) == 3
