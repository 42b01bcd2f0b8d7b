"""Snapshots save the folding of long streams, off the hot path, and never change an answer."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st
from msgspec import Struct

from shared.decider import Decider
from shared.handle import Handler
from shared.snapshotting import EVERY, Snapshotting
from shared.store.contract import Append, Recorded
from shared.store.memory import InMemoryEventStore
from shared.store.snapshots import Folding, InMemorySnapshots, PostgresSnapshots, Snapshot, Snapshots
from shared.testing.sample import CONTEXT, COUNTER, PUBLISHED, Raise, Raised

TOTAL = replace(COUNTER, state=int)
FOLDING = Folding("counter-a", "counter", 1)
MICROSECOND = timedelta(microseconds=1)


@pytest.fixture(params=["memory", "postgres"])
def snapshots(request: pytest.FixtureRequest) -> Snapshots:
    return InMemorySnapshots() if request.param == "memory" else PostgresSnapshots(request.getfixturevalue("pool"))


async def test_what_is_kept_is_found_by_exactly_its_fold(snapshots: Snapshots) -> None:
    assert await snapshots.find(FOLDING) is None
    await snapshots.keep(FOLDING, Snapshot(3, b'{"b":1,"a":"\\u0000"}'))
    assert await snapshots.find(FOLDING) == Snapshot(3, b'{"b":1,"a":"\\u0000"}')
    others = (Folding("counter-b", "counter", 1), Folding("counter-a", "other", 1), Folding("counter-a", "counter", 2))
    assert [await snapshots.find(other) for other in others] == [None, None, None]


async def test_the_newest_fold_s_newest_snapshot_stays(snapshots: Snapshots) -> None:
    newer = replace_fold(2)
    await snapshots.keep(newer, Snapshot(5, b"5"))
    await snapshots.keep(newer, Snapshot(4, b"4"))
    await snapshots.keep(FOLDING, Snapshot(9, b"9"))
    assert (await snapshots.find(newer), await snapshots.find(FOLDING)) == (Snapshot(5, b"5"), None)
    await snapshots.keep(newer, Snapshot(6, b"6"))
    await snapshots.keep(replace_fold(3), Snapshot(2, b"2"))
    assert (await snapshots.find(newer), await snapshots.find(replace_fold(3))) == (None, Snapshot(2, b"2"))


def replace_fold(fold_version: int) -> Folding:
    return Folding("counter-a", "counter", fold_version)


class Counting(InMemoryEventStore):
    """Counts the events that are read."""

    events_read = 0

    async def read(self, stream: str, **bounds: Any) -> Sequence[Recorded]:
        found = await super().read(stream, **bounds)
        self.events_read += len(found)
        return found


@pytest.fixture
def store() -> Counting:
    return Counting(PUBLISHED)


async def long_stream(store: InMemoryEventStore, events: int) -> None:
    await store.append(Append("counter-a", 0, "a", [Raised(1)] * events, CONTEXT))


async def test_a_long_stream_is_stored_once_it_was_folded_and_read_on_from_there(store: Counting) -> None:
    await long_stream(store, EVERY + 50)
    kept = InMemorySnapshots()
    first = Handler(store, snapshots=kept)
    assert (await first.load(TOTAL, "counter-a")).state == EVERY + 50
    await settled(first)
    assert await kept.find(FOLDING) == Snapshot(EVERY + 50, str(EVERY + 50).encode())
    await store.append(Append("counter-a", EVERY + 50, "a", [Raised(5)], CONTEXT))
    store.events_read = 0
    second = await Handler(store, snapshots=kept).load(TOTAL, "counter-a")
    assert (second.version, second.state) == (EVERY + 51, EVERY + 55)
    assert store.events_read == 2


async def settled(handler: Handler) -> None:
    assert handler.snapshots
    await handler.snapshots.settled()


async def test_a_stream_that_grows_by_commands_is_stored_every_so_many_events(store: Counting) -> None:
    kept = InMemorySnapshots()
    handler = Handler(store, snapshots=kept)
    for _ in range(2 * EVERY + 2):
        await handler.handle(TOTAL, "counter-a", Raise(1), subject="a", context=CONTEXT)
        await settled(handler)
    found = await kept.find(FOLDING)
    assert found
    assert found.version == 2 * EVERY + 2


async def test_short_streams_and_deciders_without_a_state_type_keep_none(store: Counting) -> None:
    kept = InMemorySnapshots()
    await long_stream(store, EVERY)
    handler = Handler(store, snapshots=kept)
    await handler.load(TOTAL, "counter-a")
    await store.append(Append("counter-a", EVERY, "a", [Raised(1)] * 10, CONTEXT))
    await Handler(store, snapshots=kept).load(COUNTER, "counter-a")
    await settled(handler)
    assert await kept.find(FOLDING) is None


@pytest.mark.parametrize(
    "stored",
    [
        (replace_fold(2), Snapshot(EVERY, b"-1000")),  # another fold's
        (FOLDING, Snapshot(EVERY, b'"no number"')),  # of another shape
        (FOLDING, Snapshot(EVERY + 51, b"-1000")),  # of a history that the log doesn't hold
    ],
)
async def test_a_snapshot_that_can_not_be_this_fold_s_is_ignored(
    store: Counting, stored: tuple[Folding, Snapshot]
) -> None:
    await long_stream(store, EVERY + 50)
    kept = InMemorySnapshots()
    await kept.keep(*stored)
    assert (await Handler(store, snapshots=kept).load(TOTAL, "counter-a")).state == EVERY + 50


class Slow(InMemorySnapshots):
    """Lets a test hold up and count the writes, and can fail."""

    def __init__(self, *, failing: bool = False) -> None:
        super().__init__()
        self.go = asyncio.Event()
        self.writes = 0
        self.failing = failing

    async def keep(self, folding: Folding, snapshot: Snapshot) -> None:
        self.writes += 1
        await self.go.wait()
        if self.failing:
            raise OSError("no disk")
        await super().keep(folding, snapshot)


async def test_no_request_waits_for_a_snapshot_and_a_stream_has_one_under_way(store: Counting) -> None:
    kept = Slow()
    handler = Handler(store, snapshots=kept)
    for _ in range(3):
        version = (await handler.load(TOTAL, "counter-a")).version
        await store.append(Append("counter-a", version, "a", [Raised(1)] * (EVERY + 1), CONTEXT))
        await handler.load(TOTAL, "counter-a")
        await asyncio.sleep(0)
    assert kept.writes == 1
    kept.go.set()
    await settled(handler)
    await handler.load(TOTAL, "counter-a")
    await store.append(Append("counter-a", 3 * (EVERY + 1), "a", [Raised(1)], CONTEXT))
    await handler.load(TOTAL, "counter-a")
    await settled(handler)
    found = await kept.find(FOLDING)
    assert found
    assert found.version == 3 * (EVERY + 1) + 1


async def test_a_snapshot_that_can_not_be_written_is_nobody_s_problem(store: Counting) -> None:
    kept = Slow(failing=True)
    kept.go.set()
    await long_stream(store, EVERY + 50)
    handler = Handler(store, snapshots=kept)
    assert (await handler.load(TOTAL, "counter-a")).state == EVERY + 50
    await settled(handler)
    outcome = await handler.handle(TOTAL, "counter-a", Raise(1), subject="a", context=CONTEXT)
    assert outcome.state == EVERY + 51


class Kept(Struct, frozen=True):
    """A state of everything that a state may hold."""

    amounts: dict[str, Decimal] = {}
    times: dict[UUID, datetime] = {}
    late: timedelta | None = None
    names: tuple[str, ...] = ()
    pairs: dict[str, tuple[tuple[str, Decimal], ...]] = {}
    share: float = 0.0


ODD_ONES = st.sampled_from([Decimal("1E+3"), Decimal("0.00")])
DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, places=4) | ODD_ONES
TIMES = st.integers(-(10**16), 10**16).map(lambda number: datetime(2026, 1, 5, tzinfo=UTC) + number * MICROSECOND)
WORDS = st.text(st.characters(exclude_categories=["Cs"]))
STATES = st.builds(
    Kept,
    st.dictionaries(WORDS, DECIMALS),
    st.dictionaries(st.uuids(), TIMES),
    st.none() | st.timedeltas(max_value=timedelta(days=999), min_value=timedelta()),
    st.lists(WORDS).map(tuple),
    st.dictionaries(WORDS, st.lists(st.tuples(WORDS, DECIMALS)).map(tuple)),
    st.floats(allow_nan=False, allow_infinity=False),
)


@for_all(STATES)
async def test_a_state_comes_back_exactly_with_the_order_of_its_dicts(state: Kept) -> None:
    decider: Decider[Any, Any, Kept] = Decider("kept", Kept(), lambda c, s: (), lambda s, e: s, state=Kept)
    snapshotting = Snapshotting(InMemorySnapshots())
    assert snapshotting.note(decider, "kept-1", 1, state)
    await snapshotting.settled()
    found = await snapshotting.find(decider, "kept-1")
    assert found is not None
    assert found == (1, state)
    assert repr(found[1]) == repr(state)
    assert msgspec.json.encode(found[1]) == msgspec.json.encode(state)
