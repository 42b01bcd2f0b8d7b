"""A batch takes effect once and in order; what can't be handled parks its key and nothing else."""

from typing import Any

import asyncpg
import pytest

from shared.consumers.batch import Batch
from shared.consumers.parking_lot import ParkingLot
from shared.consumers.position import Place, Position, Positions
from shared.consumers.wiring import wire_up
from shared.errors import Fenced, Missing
from shared.policies.policy import RawRecord
from shared.service import Service
from shared.store.contract import PARTITIONS
from shared.store.postgres import PostgresEventStore
from shared.testing.sample import NOW, PUBLISHED, SETTINGS, raised

from .conftest import EITHER, Topic

pytestmark = EITHER

Places = dict[Place, Position]


class Reader:
    """One process's hold on one consumer, without Kafka."""

    def __init__(self, pool: asyncpg.Pool, service: Service, name: str) -> None:
        store = PostgresEventStore(pool, PUBLISHED)
        self.pool = pool
        self.wirings = wire_up(service, SETTINGS, store, lambda: NOW)
        _, handlers, sources = next(wiring for wiring in self.wirings if wiring.name == name)
        self.positions = Positions(name)
        self.batch = Batch(
            name, pool, handlers, {source.topic: source for source in sources}, lambda: NOW, lambda: None
        )
        self.places: Places = {}

    async def assigned(self) -> "Reader":
        wanted = [("rapport.sample.v1", partition) for partition in range(PARTITIONS)]
        self.places = dict(await self.positions.take(self.pool, wanted))
        return self

    async def take(self, *records: RawRecord) -> int:
        return await self.batch.take(records, self.places)


@pytest.fixture
async def views(pool: asyncpg.Pool, sample_service: Service) -> Reader:
    return await Reader(pool, sample_service, "views").assigned()


@pytest.fixture
async def echo(pool: asyncpg.Pool, sample_service: Service) -> Reader:
    return await Reader(pool, sample_service, "echo").assigned()


@pytest.fixture
def lot(pool: asyncpg.Pool, views: Reader) -> ParkingLot:
    return ParkingLot(pool, views.wirings, lambda: NOW)


async def totals(pool: asyncpg.Pool) -> dict[str, tuple[int, int]]:
    return {row[0]: (row[1], row[2]) for row in await pool.fetch("SELECT stream, total, last FROM totals")}


async def write(store: PostgresEventStore, **streams: list[int]) -> None:
    for stream, amounts in streams.items():
        start = len(await store.read(stream))
        for version, by in enumerate(amounts, start):
            await store.append(raised(stream, by, expected=version, subject="one"))


async def test_rows_are_the_fold_of_the_events(
    pool: asyncpg.Pool, postgres_store: PostgresEventStore, topic: Topic, views: Reader
) -> None:
    await write(postgres_store, a=[1, 2, 3], b=[10])
    await views.take(*await topic.publish())
    await write(postgres_store, a=[4])
    await views.take(*await topic.publish())
    assert await totals(pool) == {"a": (10, 4), "b": (10, 1)}


async def test_a_repeat_changes_nothing(
    pool: asyncpg.Pool, postgres_store: PostgresEventStore, topic: Topic, views: Reader
) -> None:
    await write(postgres_store, a=[1, 2])
    records = await topic.publish()
    await views.take(*records)
    await views.take(*(topic.again(record) for record in records))
    assert await totals(pool) == {"a": (3, 2)}


async def test_after_a_hole_nothing_is_taken_until_a_repeat_brings_what_is_missing(
    pool: asyncpg.Pool, postgres_store: PostgresEventStore, topic: Topic, views: Reader
) -> None:
    await write(postgres_store, a=[1, 2, 4])
    records = await topic.publish()
    await views.take(records[0], records[2])
    assert await totals(pool) == {"a": (1, 1)}
    seen = await pool.fetchrow("SELECT next_seq, seen_seq FROM consumer_position WHERE seen_seq > 0")
    assert seen is not None
    assert tuple(seen) == (2, 3)
    await views.take(*(topic.again(record) for record in records))
    assert await totals(pool) == {"a": (7, 3)}


async def test_a_consumer_that_lost_its_partition_writes_nothing(
    pool: asyncpg.Pool, sample_service: Service, postgres_store: PostgresEventStore, topic: Topic, views: Reader
) -> None:
    await write(postgres_store, a=[1])
    records = await topic.publish()
    newer = await Reader(pool, sample_service, "views").assigned()
    with pytest.raises(Fenced):
        await views.take(*records)
    assert await totals(pool) == {}
    await newer.take(*records)
    assert await totals(pool) == {"a": (1, 1)}


async def test_records_of_a_partition_that_was_revoked_since_they_were_read_are_not_taken(
    pool: asyncpg.Pool, postgres_store: PostgresEventStore, topic: Topic, views: Reader
) -> None:
    await write(postgres_store, a=[1])
    records = await topic.publish()
    views.places.clear()
    with pytest.raises(Fenced):
        await views.take(*records)
    assert await totals(pool) == {}


async def test_a_partition_that_is_revoked_during_a_batch_does_not_come_back_with_it(
    postgres_store: PostgresEventStore, topic: Topic, echo: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    await write(postgres_store, a=[1])
    (handler,) = echo.batch.handlers
    apply = handler.apply

    async def revoked_meanwhile(*given: Any) -> Any:
        echo.places.clear()
        return await apply(*given)

    monkeypatch.setattr(handler, "apply", revoked_meanwhile)
    await echo.take(*await topic.publish())
    assert echo.places == {}
    assert len(await postgres_store.read("echo-a")) == 1


async def test_a_batch_whose_commit_was_in_doubt_is_not_taken_twice(
    pool: asyncpg.Pool, postgres_store: PostgresEventStore, topic: Topic, views: Reader
) -> None:
    await write(postgres_store, a=[1])
    records = await topic.publish()
    before = dict(views.places)
    await views.take(*records)
    views.places = before
    with pytest.raises(Fenced):
        await views.take(*records)
    assert await totals(pool) == {"a": (1, 1)}


async def test_a_failing_event_parks_its_key_and_everything_else_flows(
    pool: asyncpg.Pool, postgres_store: PostgresEventStore, topic: Topic, views: Reader, lot: ParkingLot
) -> None:
    await write(postgres_store, a=[1, 13, 5], b=[1, 2])
    await views.take(*await topic.publish())
    await write(postgres_store, a=[7], b=[4])
    await views.take(*await topic.publish())
    assert await totals(pool) == {"a": (1, 1), "b": (7, 3)}
    (waiting,) = await lot.list()
    assert (waiting.handler, waiting.key, waiting.messages) == ("totals", "a", 3)
    assert waiting.reason is not None
    assert "thirteen" in waiting.reason


async def test_a_retry_takes_the_keys_messages_in_order_once_the_cause_is_mended(
    pool: asyncpg.Pool,
    postgres_store: PostgresEventStore,
    topic: Topic,
    views: Reader,
    lot: ParkingLot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await write(postgres_store, a=[1, 13, 5])
    await views.take(*await topic.publish())
    still = await lot.retry("totals", "a")
    assert (still.handled, still.waiting) == (0, 2)
    for wiring in lot._wirings:
        for handler in wiring.handlers:
            if handler.name == "totals":
                monkeypatch.setattr(handler, "_view", _mended(handler))
    done = await lot.retry("totals", "a")
    assert (done.handled, done.waiting, done.reason) == (2, 0, None)
    assert await totals(pool) == {"a": (19, 3)}
    assert await lot.list() == []
    await write(postgres_store, a=[1])
    await views.take(*await topic.publish())
    assert await totals(pool) == {"a": (20, 4)}


def _mended(handler: Any) -> Any:
    from dataclasses import replace

    from shared.testing.sample import TotalRow

    def project(row: TotalRow | None, event: Any) -> TotalRow:
        return TotalRow(event.stream, (row.total if row else 0) + event.event.by, event.version)

    return replace(handler._view, project=project)


async def test_a_discarded_message_stays_on_record_and_its_key_goes_on(
    pool: asyncpg.Pool, postgres_store: PostgresEventStore, topic: Topic, views: Reader, lot: ParkingLot
) -> None:
    await write(postgres_store, a=[1, 13, 5])
    await views.take(*await topic.publish())
    (waiting,) = await lot.list()
    await lot.discard(waiting.first_id, by="anna")
    done = await lot.retry("totals", "a")
    assert (done.handled, done.waiting) == (1, 0)
    assert await totals(pool) == {"a": (6, 3)}
    assert (await lot.show(waiting.first_id))["discarded_by"] == "anna"
    with pytest.raises(Missing):
        await lot.show(10**9)


async def test_what_cannot_be_decoded_is_parked_with_its_raw_bytes(
    pool: asyncpg.Pool, postgres_store: PostgresEventStore, topic: Topic, views: Reader, lot: ParkingLot
) -> None:
    await write(postgres_store, a=[1, 2])
    first, second = await topic.publish()
    broken = RawRecord(first.topic, first.partition, first.offset, first.key, first.headers, b"\xff\x00 not JSON")
    await views.take(broken, second)
    (waiting,) = await lot.list()
    shown = await lot.show(waiting.first_id)
    assert (shown["handler"], shown["value"]) == ("views", b"\xff\x00 not JSON")
    assert await totals(pool) == {"a": (2, 2)}


async def test_an_event_that_the_database_refuses_is_parked_alone(
    pool: asyncpg.Pool, postgres_store: PostgresEventStore, topic: Topic, views: Reader, lot: ParkingLot
) -> None:
    await write(postgres_store, a=[1], b=[2**63 - 1], c=[3])
    await write(postgres_store, b=[1])
    await views.take(*await topic.publish())
    assert await totals(pool) == {"a": (1, 1), "b": (2**63 - 1, 1), "c": (3, 1)}
    (waiting,) = await lot.list()
    assert waiting.messages == 1


async def test_a_policy_appends_what_it_decides_once(
    postgres_store: PostgresEventStore, topic: Topic, echo: Reader
) -> None:
    await write(postgres_store, a=[1, 2], b=[3])
    records = await topic.publish()
    await echo.take(*records)
    await echo.take(*(topic.again(record) for record in records))
    assert [item.event.cause for item in await postgres_store.read("echo-a")] == ["a@1", "a@2"]
    assert [item.meta for item in await postgres_store.read("echo-b")] == [{"causation": "b@1"}]


async def test_a_rejected_message_parks_its_key_and_leaves_no_trace_in_the_streams(
    postgres_store: PostgresEventStore, topic: Topic, echo: Reader, lot: ParkingLot
) -> None:
    await write(postgres_store, a=[1, 13, 2], b=[3])
    await echo.take(*await topic.publish())
    assert [item.event.cause for item in await postgres_store.read("echo-a")] == ["a@1"]
    assert len(await postgres_store.read("echo-b")) == 1
    (waiting,) = await lot.list()
    assert (waiting.handler, waiting.key, waiting.messages) == ("echo", "a", 2)
    assert waiting.reason == "thirteen: Thirteen can't be handled."


async def test_event_types_that_nobody_reads_are_skipped(
    pool: asyncpg.Pool, postgres_store: PostgresEventStore, topic: Topic, views: Reader, echo: Reader
) -> None:
    await write(postgres_store, a=[1])
    records = await topic.publish()
    await echo.take(*records)
    await views.take(*records, *await topic.publish())
    assert await totals(pool) == {"a": (1, 1)}
