"""Parked messages at a swap: freed by a fold that takes them, parked by one that doesn't, left out when discarded."""

import asyncio

import pytest

from shared.consumers.parking_lot import ParkingLot
from shared.errors import Rejected
from shared.policies.policy import RawRecord
from shared.store.contract import Recorded
from shared.testing.sample import TotalRow

from .conftest import TOPIC, World, mended


def refuses_seven(row: TotalRow | None, event: Recorded) -> TotalRow:
    if event.event.by == 7:
        raise ValueError("seven can't be handled")
    return mended(row, event)


async def waiting(lot: ParkingLot) -> dict[str, tuple[int, str | None]]:
    return {item.key: (item.messages, item.reason) for item in await lot.list()}


async def test_a_mended_fold_frees_what_was_parked(world: World) -> None:
    await world.write(a=[1, 13, 5], b=[2])
    await world.settle()
    assert await waiting(world.lot) == {"a": (2, "ValueError: thirteen can't be handled")}
    world.deploy(mended)
    result = await world.rebuild()
    assert (result.freed, result.parked) == (2, 0)
    assert await waiting(world.lot) == {}
    await world.write(a=[1])
    await world.settle()
    assert await world.rows() == {"a": (20, 4), "b": (2, 1)}


async def test_a_fold_that_still_fails_leaves_the_messages_as_they_wait(world: World) -> None:
    await world.write(a=[1, 13, 5], b=[2])
    await world.settle()
    before = await world.pool.fetch("SELECT * FROM parked ORDER BY id")
    result = await world.rebuild()
    assert (result.freed, result.parked, result.changed) == (0, 0, 0)
    assert await world.pool.fetch("SELECT * FROM parked ORDER BY id") == before
    assert await world.rows() == {"a": (1, 1), "b": (2, 1)}


async def test_what_the_new_fold_cannot_take_is_parked_and_can_be_retried(world: World) -> None:
    await world.write(a=[1, 7, 5], b=[2, 3])
    await world.settle()
    world.deploy(refuses_seven)
    result = await world.rebuild()
    assert (result.freed, result.parked) == (0, 2)
    assert await world.rows() == {"a": (1, 1), "b": (5, 2)}
    assert await waiting(world.lot) == {"a": (2, "ValueError: seven can't be handled")}
    await world.write(a=[9])
    await world.settle()
    assert (await waiting(world.lot))["a"][0] == 3
    world.deploy(mended)
    done = await world.lot.retry("totals", "a")
    assert (done.handled, done.waiting) == (3, 0)
    assert await world.rows() == {"a": (22, 4), "b": (5, 2)}


async def test_a_fold_that_fails_earlier_parks_the_whole_key_in_order(world: World) -> None:
    await world.write(a=[7, 1, 13, 5])
    await world.settle()
    world.deploy(lambda row, event: refuses_seven(row, event))
    await world.rebuild()
    world.deploy(mended)
    assert (await world.lot.retry("totals", "a")).handled == 4
    assert await world.rows() == {"a": (26, 4)}


async def test_what_an_operator_discarded_stays_out(world: World) -> None:
    await world.write(a=[1, 13, 5])
    await world.settle()
    (key,) = await world.lot.list()
    await world.lot.discard(key.first_id, by="anna")
    await world.lot.retry("totals", "a")
    assert await world.rows() == {"a": (6, 3)}
    world.deploy(mended)
    result = await world.rebuild()
    assert result.changed == 0
    assert await world.rows() == {"a": (6, 3)}


async def test_what_waits_under_the_consumers_own_name_is_left_to_its_retry(world: World) -> None:
    await world.write(a=[1, 2], b=[3])
    records = await world.topic.publish()
    broken = next(item for item in records if dict(item.headers)["ce_id"] == b"a@1")
    unread = RawRecord(TOPIC, broken.partition, broken.offset, broken.key, broken.headers, b"\xff not JSON")
    world.records = [unread if item is broken else item for item in records]
    while await world.follow():
        pass
    rows = await world.rows()
    assert rows == {"a": (2, 2), "b": (3, 1)}
    result = await world.rebuild()
    assert (result.changed, result.parked) == (0, 0)
    assert await world.rows() == rows
    assert [item.handler for item in await world.lot.list()] == ["views"]


async def test_a_message_discarded_while_the_build_is_made_begins_it_again(world: World) -> None:
    await world.write(a=[1, 13, 5])
    await world.settle()
    world.deploy(mended)
    (key,) = await world.lot.list()
    stages: list[str] = []
    tasks: list[asyncio.Task[None]] = []

    def tell(stage: str, *_: int) -> None:
        stages.append(stage)
        if stage == "index" and not tasks:
            tasks.append(asyncio.create_task(world.lot.discard(key.first_id, by="anna")))

    await world.rebuild(tell=tell)
    await tasks[0]
    assert stages.count("index") == 2
    assert await world.rows() == {"a": (6, 3)}


async def test_a_fold_that_fails_for_much_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.views.fold.MOST_ASIDE", 20)

    def broken(row: TotalRow | None, event: Recorded) -> TotalRow:
        raise ValueError("nothing can be handled")

    await world.write(**{f"s{number}": [1] for number in range(30)})
    await world.settle()
    rows = await world.rows()
    world.deploy(broken)
    with pytest.raises(Rejected, match="mend the fold"):
        await world.rebuild()
    assert await world.rows() == rows
    assert await world.lot.count() == 0


async def test_a_row_that_the_database_refuses_is_named(world: World) -> None:
    def too_large(row: TotalRow | None, event: Recorded) -> TotalRow:
        return TotalRow(event.stream, 2**70 if event.stream == "b" else 1, event.version)

    await world.write(a=[1], b=[2])
    await world.settle()
    world.deploy(too_large)
    with pytest.raises(Rejected, match="row of b"):
        await world.rebuild()
    assert await world.rows() == {"a": (1, 1), "b": (2, 1)}
