"""What a view shows of merged subjects is a function of their own rows and the edges that hold, whatever came first."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import pytest
from msgspec import structs

from shared.consumers.batch import Batch
from shared.consumers.handler import Item
from shared.consumers.parking_lot import ParkingLot
from shared.consumers.position import Place, Position, Positions
from shared.consumers.wiring import wire_up
from shared.policies.policy import RawRecord
from shared.service import Service
from shared.store.contract import PARTITIONS
from shared.store.postgres import PostgresEventStore
from shared.testing.sample import NOW, SETTINGS
from shared.views.rows import Rows
from shared.views.view import View

from . import joining
from .conftest import Topic
from .joining import Added, Circular, Fact, Joined, KindRow, Parted, SumRow, expected, expected_kinds

R = TypeVar("R")


@pytest.fixture
def sample_service(tmp_path: Path) -> Service:
    return joining.service(tmp_path)


@pytest.fixture
def store(pool: asyncpg.Pool) -> PostgresEventStore:
    return PostgresEventStore(pool, joining.PUBLISHED, clock=lambda: NOW)


class Reader:
    """One process's hold on the views consumer, without Kafka: some partitions, or all."""

    def __init__(self, pool: asyncpg.Pool, service: Service, store: PostgresEventStore) -> None:
        self.pool = pool
        self.wirings = wire_up(service, SETTINGS, store, lambda: NOW)
        (wiring,) = self.wirings
        sources: dict[str, Any] = {source.topic: source for source in wiring.sources}
        self.name = wiring.name
        self.batch = Batch(wiring.name, pool, wiring.handlers, sources, lambda: NOW, lambda: None)
        self.places: dict[Place, Position] = {}

    async def assigned(self, partitions: Sequence[int]) -> "Reader":
        wanted = [("rapport.sample.v1", partition) for partition in partitions]
        self.places = dict(await Positions(self.name).take(self.pool, wanted))
        return self

    async def take(self, *records: RawRecord) -> None:
        await self.batch.take(records, self.places)

    async def apply(self, connection: asyncpg.Connection, key: str, record: RawRecord) -> None:
        """Give the record to the views inside the open transaction."""
        (wiring,) = self.wirings
        for handler in wiring.handlers[1:]:
            await handler.apply(connection, [(key, Item(record, wiring.sources[0].decode(record)))], frozenset())

    def fact(self, record: RawRecord) -> Fact:
        recorded = self.wirings[0].sources[0].decode(record)
        assert recorded is not None
        fact: Fact = recorded.event
        return fact


@pytest.fixture
async def reader(pool: asyncpg.Pool, sample_service: Service, store: PostgresEventStore) -> Reader:
    return await Reader(pool, sample_service, store).assigned(range(PARTITIONS))


async def shown(pool: asyncpg.Pool) -> dict[str, SumRow]:
    return await _rows(pool, joining.SUMS)


async def kinds(pool: asyncpg.Pool) -> dict[str, KindRow]:
    return await _rows(pool, joining.KINDS)


async def _rows(pool: asyncpg.Pool, view: View[R]) -> dict[str, R]:
    codec = Rows(view)
    return {row[0]: codec.row(row) for row in await pool.fetch(codec.select_all)}


async def totals(pool: asyncpg.Pool) -> dict[str, int]:
    return {name: row.total for name, row in (await shown(pool)).items()}


async def aside(pool: asyncpg.Pool) -> int:
    """Return how many subjects are merged or have rows aside."""
    count: int = await pool.fetchval("SELECT (SELECT count(*) FROM merged_subject) + (SELECT count(*) FROM merged_row)")
    return count


def batches(dice: random.Random, records: Iterable[RawRecord]) -> Iterator[Sequence[RawRecord]]:
    """Yield the records in random batches: within a partition in order, between partitions in any."""
    waiting: dict[int, list[RawRecord]] = defaultdict(list)
    for record in records:
        waiting[record.partition].append(record)
    while waiting:
        batch = []
        for _ in range(dice.randrange(1, 8)):
            if waiting:
                partition = dice.choice(sorted(waiting))
                batch.append(waiting[partition].pop(0))
                if not waiting[partition]:
                    del waiting[partition]
        yield batch


class Happening:
    """Facts happen; their records come as the relay gives them out."""

    def __init__(self, store: PostgresEventStore, topic: Topic) -> None:
        self._store = store
        self._topic = topic

    async def __call__(self, *facts: Fact) -> list[RawRecord]:
        for append in joining.appends(facts):
            version = len(await self._store.read(append.stream))
            await self._store.append(structs.replace(append, expected=version))
        return await self._topic.publish()


@pytest.fixture
def happen(store: PostgresEventStore, topic: Topic) -> Happening:
    return Happening(store, topic)


@pytest.mark.parametrize("seed", range(12))
async def test_any_interleaving_of_partitions_shows_what_the_facts_so_far_make(
    pool: asyncpg.Pool, happen: Happening, reader: Reader, seed: int
) -> None:
    dice = random.Random(seed)
    facts = joining.life(dice, "abcdef", 80)
    taken: list[Fact] = []
    for batch in batches(dice, await happen(*facts)):
        await reader.take(*batch)
        taken += map(reader.fact, batch)
        with suppress(Circular):
            assert (await shown(pool), await kinds(pool)) == (expected(taken), expected_kinds(taken))
    assert await shown(pool) == expected(facts)
    assert await kinds(pool) == expected_kinds(facts)


@pytest.mark.parametrize("seed", range(6))
async def test_processes_that_share_the_partitions_lose_nothing_of_each_others(
    pool: asyncpg.Pool, sample_service: Service, store: PostgresEventStore, happen: Happening, seed: int
) -> None:
    dice = random.Random(seed)
    facts = [
        Joined("0", "a", "b"),
        *joining.life(dice, "cdefgh", 200),
        *(Added(dice.choice("ab"), 1) for _ in range(60)),
    ]
    records = await happen(*facts)

    async def process(partitions: range, order: random.Random) -> None:
        reader = await Reader(pool, sample_service, store).assigned(partitions)
        for batch in batches(order, [record for record in records if record.partition in partitions]):
            await reader.take(*batch)

    parts = [range(start, start + 3) for start in range(0, PARTITIONS, 3)]
    await asyncio.gather(*(process(part, random.Random(seed * 10 + part.start)) for part in parts))
    assert await shown(pool) == expected(facts)
    assert await kinds(pool) == expected_kinds(facts)


async def test_two_batches_of_one_group_at_once_show_both(
    pool: asyncpg.Pool, happen: Happening, reader: Reader
) -> None:
    await reader.take(*await happen(Added("a", 1), Added("b", 2), Joined("1", "a", "b")))
    (first,), (second,) = await happen(Added("a", 10)), await happen(Added("b", 20))
    async with pool.acquire() as connection, connection.transaction():
        await reader.apply(connection, "a", first)
        other = asyncio.create_task(reader.take(second))
        await asyncio.wait([other], timeout=0.3)
    await other
    assert await totals(pool) == {"b": 33}


async def test_an_undo_shows_each_members_own_row_again_with_what_it_lived_meanwhile(
    pool: asyncpg.Pool, happen: Happening, reader: Reader
) -> None:
    await reader.take(*await happen(Added("a", 1), Added("b", 2), Joined("1", "a", "b")))
    assert await shown(pool) == {"b": SumRow("b", 3, 2, {"1": 1, "2": 1})}
    await reader.take(*await happen(Added("a", 5), Added("b", 7), Parted("1", "a", "b")))
    assert await shown(pool) == expected([Added("a", 1), Added("b", 2), Added("a", 5), Added("b", 7)])
    assert await aside(pool) == 0


async def test_an_undo_in_the_middle_of_a_chain_leaves_the_other_edge(
    pool: asyncpg.Pool, happen: Happening, reader: Reader
) -> None:
    lived: list[Fact] = [Added("a", 1), Added("b", 2), Added("c", 4), Joined("1", "a", "b"), Joined("2", "b", "c")]
    await reader.take(*await happen(*lived))
    assert await totals(pool) == {"c": 7}
    await reader.take(*await happen(Parted("2", "b", "c")))
    assert await totals(pool) == {"b": 3, "c": 4}


async def test_a_member_without_a_row_of_its_own_gets_one_when_something_happens_to_it(
    pool: asyncpg.Pool, happen: Happening, reader: Reader
) -> None:
    await reader.take(*await happen(Joined("1", "a", "b")))
    assert await shown(pool) == {}
    await reader.take(*await happen(Added("a", 3)))
    assert await totals(pool) == {"b": 3}
    await reader.take(*await happen(Parted("1", "a", "b")))
    assert await totals(pool) == {"a": 3}


async def test_a_circle_that_an_undo_will_open_comes_to_an_end_and_then_shows_the_truth(
    pool: asyncpg.Pool, happen: Happening, reader: Reader
) -> None:
    facts: list[Fact] = [
        Added("a", 1),
        Added("b", 2),
        Joined("1", "a", "b"),
        Parted("1", "a", "b"),
        Joined("2", "b", "a"),
    ]
    records = await happen(*facts)
    undo = next(record for record in records if isinstance(reader.fact(record), Parted))
    late = [record for record in records if record.partition == undo.partition and record.offset >= undo.offset]
    await reader.take(*(record for record in records if record not in late))
    assert await totals(pool) == {"a": 3}
    await reader.take(*late)
    assert await shown(pool) == expected(facts)


async def test_a_members_parked_event_parks_that_member_alone(
    pool: asyncpg.Pool, happen: Happening, reader: Reader
) -> None:
    await reader.take(*await happen(Added("a", 1), Added("b", 2), Joined("1", "a", "b"), Added("a", -1)))
    await reader.take(*await happen(Added("a", 5), Added("b", 7)))
    assert await totals(pool) == {"b": 10}
    lot = ParkingLot(pool, reader.wirings, lambda: NOW)
    (first,) = await lot.list()
    assert (first.handler, first.key, first.messages) == ("sums", "a", 2)
    await lot.discard(first.first_id, by="anna")
    assert (await lot.retry("sums", "a")).waiting == 0
    assert await totals(pool) == {"b": 15}


async def test_a_merge_with_itself_is_parked_and_an_undo_waits_behind_it(
    pool: asyncpg.Pool, happen: Happening, reader: Reader
) -> None:
    await reader.take(*await happen(Added("a", 1), Joined("1", "a", "a"), Added("b", 2)))
    await reader.take(*await happen(Parted("1", "a", "a")))
    assert await totals(pool) == {"a": 1, "b": 2}
    (waiting,) = await ParkingLot(pool, reader.wirings, lambda: NOW).list()
    assert (waiting.handler, waiting.key, waiting.messages) == ("merging", "a", 2)


async def test_where_nothing_is_merged_a_batch_asks_once_more_for_each_view_that_combines(
    pool: asyncpg.Pool, happen: Happening, reader: Reader
) -> None:
    (record,) = await happen(Added("a", 1))
    asked: list[str] = []
    async with pool.acquire() as connection, connection.transaction():
        with connection.query_logger(lambda query: asked.append(query.query)):
            await reader.apply(connection, "a", record)
    assert sum("hold_merges" in query for query in asked) == len(joining.VIEWS)
    assert not any("merged" in query or "merge_edge" in query for query in asked)
