"""A long stream that a policy has met is read from where it ended; unless the log isn't the one that it was met in."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pytest
from msgspec import Struct, structs

from shared.decider import Decider
from shared.events import Catalogue
from shared.policies.kept import KeptStates
from shared.policies.work import WorkingSet
from shared.store.contract import Append, Context, Recorded
from shared.store.memory import InMemoryEventStore

NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
CONTEXT = Context(NOW, NOW)


class Added(Struct, frozen=True):
    """Something was added."""

    number: int


CATALOGUE = Catalogue("sums", {"added.v1": Added})
SUM: Decider[int, Added, int] = Decider(
    "sum", 0, lambda command, _: (Added(command),), lambda s, event: s + event.number
)
STREAM = SUM.stream("a")


class Counting(InMemoryEventStore):
    """Counts the events that were read."""

    read_events = 0

    async def read_many(
        self, streams: Sequence[str], *, after: Mapping[str, int] | None = None
    ) -> Mapping[str, Sequence[Recorded]]:
        found = await super().read_many(streams, after=after)
        self.read_events += sum(map(len, found.values()))
        return found


@pytest.fixture
def store() -> Counting:
    return Counting(CATALOGUE, lambda: NOW)


async def batch(store: Counting, kept: KeptStates, *numbers: int, commits: bool = True) -> int:
    """Add numbers in one batch; return the sum that it came to, and leave it undone if it isn't to be committed."""
    work = WorkingSet(store, NOW)
    await kept.bring(work, [STREAM])
    await work.load([STREAM])
    for number in numbers:
        work.handle(SUM, STREAM, number, subject="a", context=CONTEXT)
    if commits:
        await work.commit()
    kept.remember(work)
    return work.state(SUM, STREAM)


async def test_a_long_stream_is_read_once_and_then_only_its_end(store: Counting) -> None:
    kept = KeptStates(long=3)
    assert await batch(store, kept, 1, 2, 3, 4) == 10
    store.read_events = 0
    assert await batch(store, kept, 5) == 15
    assert await batch(store, kept, 6) == 21
    assert store.read_events == 2


async def test_what_others_appended_meanwhile_is_read(store: Counting) -> None:
    kept = KeptStates(long=3)
    await batch(store, kept, 1, 2, 3)
    await store.append(Append(STREAM, 3, "a", [Added(10)], CONTEXT))
    assert await batch(store, kept, 1) == 17


async def test_a_batch_that_was_rolled_back_leaves_nothing_that_counts(store: Counting) -> None:
    kept = KeptStates(long=3)
    await batch(store, kept, 1, 2, 3)
    await batch(store, kept, 100, commits=False)
    assert await batch(store, kept, 4) == 10
    await batch(store, kept, 100, commits=False)
    await store.append(Append(STREAM, 4, "a", [Added(7)], CONTEXT))  # at the very place of what was rolled back
    assert await batch(store, kept, 1) == 18


async def test_a_short_stream_isnt_kept_and_of_many_the_oldest_gives_way(store: Counting) -> None:
    kept = KeptStates(long=3, most=1)
    await batch(store, kept, 1, 2)
    store.read_events = 0
    await batch(store, kept, 3)
    assert store.read_events == 2
    work = WorkingSet(store, NOW)
    await work.load([SUM.stream("b")])
    for _ in range(3):
        work.handle(SUM, SUM.stream("b"), 1, subject="b", context=structs.replace(CONTEXT))
    await work.commit()
    kept.remember(work)
    store.read_events = 0
    await batch(store, kept, 4)
    assert store.read_events == 3
