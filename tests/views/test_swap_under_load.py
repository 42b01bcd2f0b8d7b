"""While events, a consumer and readers go on, swaps lose nothing, double nothing, deadlock nowhere, hold up nobody."""

import asyncio
import random
import time

import asyncpg
import pytest

from shared.errors import Rejected
from shared.runtime.pool import connect
from shared.views.builds import builds

from .conftest import World, at_work

STREAMS = [f"s{number}" for number in range(60)]
SWAPS = 3
MOST_WAITING = 500


class Load:
    """Events that are written, and followed in small batches, until told to stop."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.over = False

    async def writing(self) -> None:
        chance = random.Random(7)
        while not self.over:
            await self.world.write_together({name: chance.randrange(1, 9) for name in chance.sample(STREAMS, 50)})
            await self.world.publish()
            await asyncio.sleep(0.005)
            while len(self.world.records) > MOST_WAITING and not self.over:
                await asyncio.sleep(0.005)

    async def following(self) -> None:
        while not self.over:
            await self.world.follow(most=40)
            await asyncio.sleep(0)


class Readers:
    """A pool that reads all the time by prepared statements, on a thread of its own, and notes its longest wait."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.over = False
        self.reads = 0
        self.longest = 0.0

    def run(self) -> None:
        asyncio.run(self._run())

    async def _run(self) -> None:
        pool = await connect(self.url, size=3)
        await asyncio.gather(*(self._reading(pool) for _ in range(3)))
        await pool.close()

    async def _reading(self, pool: asyncpg.Pool) -> None:
        while not self.over:
            start = time.perf_counter()
            rows = await pool.fetch("SELECT stream, total FROM totals WHERE total >= $1", 0)
            self.longest = max(self.longest, time.perf_counter() - start)
            assert len(rows) == len(STREAMS), "an answer without rows that were there all the time"
            self.reads += 1
            await asyncio.sleep(0.005)


async def fold(world: World) -> dict[str, tuple[int, int]]:
    rows = await world.pool.fetch(
        "SELECT stream_id, sum((data->>'by')::int), max(version) FROM event WHERE type = 'raised' GROUP BY 1"
    )
    return {row[0]: (row[1], row[2]) for row in rows}


async def test_swaps_under_load_lose_nothing_and_double_nothing(world: World) -> None:
    await world.write(**{name: [1] for name in STREAMS})
    await world.settle()
    load, readers = Load(world), Readers(world.url)
    reading = asyncio.create_task(asyncio.to_thread(readers.run))
    async with asyncio.timeout(120), at_work(load.writing(), load.following()):
        held: list[float] = []
        while len(held) < SWAPS or world.taken <= 2000:
            held.append((await world.rebuild()).held_ms)
        load.over = True
        await asyncio.sleep(0.2)
    readers.over = True
    await reading
    await world.settle()
    assert await world.rows() == await fold(world)
    assert world.fenced == len(held)
    assert readers.reads > 100
    assert readers.longest < 1
    assert max(held) < 50
    assert [item.state for item in await builds(world.pool, ["totals"])] == ["before", "live"]


async def test_a_swap_waits_for_a_long_reader_without_holding_up_the_others(world: World) -> None:
    """The queue behind the swap is never longer than its short timeout; when the reader ends, the swap gets through."""
    await world.write(a=[1])
    await world.settle()
    async with world.pool.acquire() as reader:
        transaction = reader.transaction()
        await transaction.start()
        await reader.fetch("SELECT * FROM totals")
        swapping = asyncio.create_task(world.rebuild())
        waits = []
        for _ in range(40):
            start = time.perf_counter()
            await world.pool.fetch("SELECT * FROM totals")
            waits.append(time.perf_counter() - start)
            await asyncio.sleep(0.02)
        assert not swapping.done()
        await transaction.rollback()
    result = await swapping
    assert result.attempts > 1
    assert max(waits) < 0.3


async def test_a_swap_that_never_gets_its_lock_leaves_everything_as_it_was(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.views.swap.GIVE_UP_AFTER", 0.3)
    await world.write(a=[1, 13])
    await world.settle()
    places = await world.pool.fetch("SELECT * FROM consumer_position ORDER BY 1, 2, 3")
    async with world.pool.acquire() as reader, reader.transaction():
        await reader.fetch("SELECT * FROM totals")
        with pytest.raises(Rejected, match="in use"):
            await world.rebuild()
    assert await world.pool.fetch("SELECT * FROM consumer_position ORDER BY 1, 2, 3") == places
    assert await world.rows() == {"a": (1, 1)}
    assert [item.messages for item in await world.lot.list()] == [1]
    assert await world.pool.fetchval("SELECT to_regclass('totals_build') IS NULL")
    assert [item.state for item in await builds(world.pool, ["totals"])] == ["live", "failed"]


async def test_a_batch_that_holds_its_place_is_waited_for_and_neither_of_the_two_fails(world: World) -> None:
    """Place, then rows: a batch caught between the two by a swap ends first, and the swap has what it wrote."""
    await world.write(**{name: [1] for name in STREAMS})
    await world.settle()
    await world.write(**{name: [1] for name in STREAMS})
    await world.publish()
    handler = world.batch.handlers[0]
    apply, arrived = handler.apply, asyncio.Event()

    async def slow(*arguments: object) -> object:
        arrived.set()
        await asyncio.sleep(0.4)
        return await apply(*arguments)  # type: ignore[arg-type] # the arguments of `apply`

    handler.apply = slow  # type: ignore[assignment, method-assign] # dawdle once
    taking = asyncio.create_task(world.follow())
    await arrived.wait()
    swapping = asyncio.create_task(world.rebuild())
    assert await taking == len(STREAMS)
    handler.apply = apply  # type: ignore[method-assign] # as it was
    result = await swapping
    assert await world.rows() == dict.fromkeys(STREAMS, (2, 2))
    assert (result.attempts, result.changed) == (1, 0)
