"""The audit finds the row that was damaged, names the value, and raises no alarm about rows that merely move."""

import asyncio
import random

import pytest

from shared.views.audit import Audited, Difference, audit

from .conftest import NO_KAFKA, World, at_work, mended


async def audited(world: World, sample: int | None = None) -> Audited:
    (result,) = await audit(world.service, world.pool, NO_KAFKA, sample=sample)
    return result


@pytest.fixture
async def settled(world: World) -> World:
    await world.write(**{f"s{number}": [1, 2, 3] for number in range(40)})
    await world.settle()
    return world


async def test_rows_that_equal_the_log_are_all_compared(settled: World) -> None:
    assert await audited(settled) == Audited("totals", 40, 0, None)


async def test_a_damaged_value_is_named_with_its_key_column_and_both_values(settled: World) -> None:
    await settled.pool.execute("UPDATE totals SET total = 7, last = 4 WHERE stream = 's31'")
    result = await audited(settled)
    assert result.where == Difference("s31", "total", "6", "7")
    assert (result.differences, result.first) == (1, "s31, total: the log gives 6, the view has 7")


async def test_a_row_that_is_missing_and_one_too_many_are_found(settled: World) -> None:
    await settled.pool.execute("DELETE FROM totals WHERE stream = 's5'")
    result = await audited(settled)
    assert (result.differences, result.first) == (1, "s5: the log gives a row, the view has no row")
    await settled.pool.execute("INSERT INTO totals VALUES ('nobody', 1, 1)")
    result = await audited(settled)
    assert (result.differences, result.first) == (2, "nobody: the log gives no row, the view has a row")


async def test_a_sample_looks_at_whole_histories_of_some_keys(settled: World) -> None:
    result = await audited(settled, sample=10)
    assert 1 <= result.rows < 40
    assert result.differences == 0
    await settled.pool.execute("UPDATE totals SET total = total + 1")
    damaged = await audited(settled, sample=10)
    assert damaged.differences == damaged.rows == result.rows


async def test_parked_keys_and_discarded_messages_are_no_difference(settled: World) -> None:
    await settled.write(s1=[13, 4], s2=[13, 4])
    await settled.settle()
    keys = {item.key: item for item in await settled.lot.list()}
    await settled.lot.discard(keys["s2"].first_id, by="anna")
    await settled.lot.retry("totals", "s2")
    settled.deploy(mended)
    assert await audited(settled) == Audited("totals", 39, 0, None)


async def test_while_events_flow_there_is_no_false_alarm(settled: World) -> None:
    over = False

    async def flowing() -> None:
        chance = random.Random(3)
        while not over:
            await settled.write_together({f"s{number}": 1 for number in chance.sample(range(40), 20)})
            await settled.publish()
            await settled.follow(most=30)
            await asyncio.sleep(0)

    async with at_work(flowing()):
        while settled.taken < 400:
            assert (await audited(settled)).differences == 0
        over = True
        await asyncio.sleep(0.3)
