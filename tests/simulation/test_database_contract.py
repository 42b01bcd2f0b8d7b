"""Transactions beside each other: the database in memory lets them wait, win and lose as PostgreSQL does."""

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from shared.consumers.position import Place, Position, Positions
from shared.errors import Conflict, Fenced
from shared.store.contract import Append, KeyUsed, Once
from shared.testing.sample import CONTEXT, NOW, raised

from .by_hand import Open, store, waits
from .conftest import Play

PLACE = ("rapport.sample.v1", 3)


@pytest.mark.parametrize("known", [False, True])
async def test_the_second_writer_of_a_stream_waits_for_the_first_and_loses_to_its_commit(
    play: Play,
    known: bool,  # noqa: FBT001 - given by name
) -> None:
    async def scenario(pool: Any) -> None:
        if known:
            await store(pool).append(raised("a", 1))
        first = Open(pool)
        await store(await first.begin()).append(raised("a", 2, expected=int(known)))
        second = asyncio.create_task(store(pool).append(raised("a", 3, expected=int(known))))
        assert await waits(second)
        assert len(await store(pool).read("a")) == known
        await first.commit()
        with pytest.raises(Conflict):
            await second
        assert [item.event.by for item in await store(pool).read("a")] == ([1, 2] if known else [2])

    await play(scenario)


@pytest.mark.parametrize("known", [False, True])
async def test_the_second_writer_wins_when_the_first_rolls_back(play: Play, known: bool) -> None:  # noqa: FBT001 - as above
    async def scenario(pool: Any) -> None:
        if known:
            await store(pool).append(raised("a", 1))
        first = Open(pool)
        await store(await first.begin()).append(raised("a", 2, expected=int(known)), raised("b", 1))
        second = asyncio.create_task(store(pool).append(raised("a", 3, expected=int(known)), raised("c", 1)))
        assert await waits(second)
        await first.rollback()
        await second
        assert [item.event.by for item in await store(pool).read("a")] == ([1, 3] if known else [3])
        assert await store(pool).read_many(["b"]) == {}

    await play(scenario)


ABSENT = Append("absent", 0, "absent", (), CONTEXT)
"""Holds a stream to not existing."""


async def test_whoever_begins_a_stream_waits_for_who_counts_on_its_absence_and_begins_it_then(play: Play) -> None:
    async def scenario(pool: Any) -> None:
        for number, beginning in enumerate([(raised("absent", 1),), (raised("absent-1", 1), raised("b", 1))]):
            absent = Append(beginning[0].stream, 0, "x", (), CONTEXT)
            counting = Open(pool)
            await store(await counting.begin()).append(raised(f"a{number}", 1), absent)
            second = asyncio.create_task(store(pool).append(*beginning))
            assert await waits(second)
            await counting.commit()
            assert (await second)[0] == 1
            assert [item.event.by for item in await store(pool).read(beginning[0].stream)] == [1]

    await play(scenario)


async def test_who_counts_on_a_streams_absence_waits_for_whoever_begins_it_and_loses_to_its_commit(play: Play) -> None:
    async def scenario(pool: Any) -> None:
        beginning = Open(pool)
        await store(await beginning.begin()).append(raised("absent", 1))
        counting = asyncio.create_task(store(pool).append(raised("a", 1), ABSENT))
        assert await waits(counting)
        await beginning.commit()
        with pytest.raises(Conflict):
            await counting
        assert await store(pool).read_many(["a"]) == {}

    await play(scenario)


async def test_of_two_who_count_on_each_others_absence_one_loses(play: Play) -> None:
    async def scenario(pool: Any) -> None:
        pairs = [(f"left-{number}", f"right-{number}") for number in range(8)]
        both = [
            store(pool).append(raised(own, 1), Append(other, 0, other, (), CONTEXT))
            for pair in pairs
            for own, other in (pair, pair[::-1])
        ]
        told = await asyncio.gather(*both, return_exceptions=True)
        lost = [isinstance(item, Conflict) for item in told]
        assert [sum(lost[place : place + 2]) for place in range(0, 16, 2)] == [1] * 8

    await play(scenario)


async def test_appends_that_come_together_take_effect_each_for_itself(play: Play) -> None:
    once = [Once(f"key-{number}", "print", b"answer", NOW + timedelta(days=7)) for number in range(4)]

    async def scenario(pool: Any) -> None:
        together = store(pool)
        await together.append(raised("held", 1), raised("known", 1))
        await together.append(once=once[3])
        holding = Open(pool)
        await store(await holding.begin()).append(raised("held", 2, expected=1))
        asked = {
            "new": together.append(raised("new", 1), once=once[0]),
            "next": together.append(raised("known", 2, expected=1), once=once[1]),
            "stale": together.append(raised("other", 1, expected=5)),
            "twice": together.append(raised("used", 1), once=once[3]),
            "waits": together.append(raised("held", 3, expected=1), once=once[2]),
        }
        tasks = {name: asyncio.create_task(append) for name, append in asked.items()}
        waiting = tasks.pop("waits")
        told = dict(zip(tasks, await asyncio.gather(*tasks.values(), return_exceptions=True), strict=True))
        assert (told["new"], told["next"]) == ([1], [2])
        assert [type(told[name]) for name in ("stale", "twice")] == [Conflict, KeyUsed]
        assert not waiting.done()
        await holding.commit()
        with pytest.raises(Conflict):
            await waiting
        assert sorted(await store(pool).read_many(["new", "other", "used"])) == ["new"]
        assert [await together.answered(item.key) is not None for item in once] == [True, True, False, True]

    await play(scenario)


async def test_a_key_that_another_transaction_is_storing_is_waited_for(play: Play) -> None:
    once = Once("key", "print", b"answer", NOW + timedelta(days=7))

    async def scenario(pool: Any) -> None:
        first = Open(pool)
        await store(await first.begin()).append(raised("a", 1), once=once)
        second = asyncio.create_task(store(pool).append(raised("b", 1), once=once))
        assert await waits(second)
        await first.commit()
        with pytest.raises(KeyUsed):
            await second
        assert await store(pool).read_many(["b"]) == {}

    await play(scenario)


async def test_a_batch_waits_for_a_takeover_and_then_finds_its_partition_lost(play: Play) -> None:
    async def scenario(pool: Any) -> None:
        positions = Positions("views")
        held = await positions.take(pool, [PLACE])
        taking = Open(pool)
        await positions.take(await taking.begin(), [PLACE])
        moved: dict[Place, Position] = {PLACE: Position(held[PLACE].epoch, 5, 6)}

        async def move() -> None:
            async with pool.acquire() as connection, connection.transaction():
                await positions.move(connection, held, moved, NOW)

        moving = asyncio.create_task(move())
        assert await waits(moving)
        await taking.commit()
        with pytest.raises(Fenced):
            await moving
        taken = (await positions.take(pool, [PLACE]))[PLACE]
        assert (taken.epoch, taken.next_offset, taken.next_seq) == (3, 0, 1)

    await play(scenario)


async def test_a_takeover_waits_for_the_batch_that_is_under_way_and_begins_behind_it(play: Play) -> None:
    async def scenario(pool: Any) -> None:
        positions = Positions("views")
        held = await positions.take(pool, [PLACE])
        batch = Open(pool)
        moved: dict[Place, Position] = {PLACE: Position(held[PLACE].epoch, 5, 6)}
        await positions.move(await batch.begin(), held, moved, NOW)
        taking = asyncio.create_task(positions.take(pool, [PLACE]))
        assert await waits(taking)
        await batch.commit()
        taken = (await taking)[PLACE]
        assert (taken.epoch, taken.next_offset, taken.next_seq) == (2, 5, 6)

    await play(scenario)


async def test_a_savepoint_takes_back_what_came_after_it_alone(play: Play) -> None:
    async def scenario(pool: Any) -> None:
        outer = Open(pool)
        connection = await outer.begin()
        await store(connection).append(raised("a", 1))
        savepoint = connection.transaction()
        await savepoint.start()
        await store(connection).append(raised("b", 1))
        with pytest.raises(Conflict):
            await store(connection).append(raised("a", 1), raised("c", 1))
        with pytest.raises(asyncpg.InFailedSQLTransactionError):
            await store(connection).read("a")
        await savepoint.rollback()
        await outer.commit()
        assert sorted(await store(pool).read_many(["a", "b"])) == ["a"]

    await play(scenario)


async def test_of_two_transactions_that_wait_for_each_other_one_is_ended(play: Play) -> None:
    async def scenario(pool: Any) -> None:
        await store(pool).append(raised("a", 1), raised("b", 1))
        one, other = Open(pool), Open(pool)
        first, second = await one.begin(), await other.begin()
        await store(first).append(raised("a", 2, expected=1))
        await store(second).append(raised("b", 2, expected=1))
        outcomes = await asyncio.gather(
            store(first).append(raised("b", 3, expected=1)),
            store(second).append(raised("a", 3, expected=1)),
            return_exceptions=True,
        )
        # Whoever is ended lets go of its rows at once, and the other goes on.
        assert [isinstance(item, asyncpg.DeadlockDetectedError) for item in outcomes].count(True) == 1
        assert [item for item in outcomes if not isinstance(item, BaseException)] == [[2]]
        await one.rollback()
        await other.rollback()
        assert [len(await store(pool).read(name)) for name in "ab"] == [1, 1]

    await play(scenario)
