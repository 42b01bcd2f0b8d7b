"""Parking beside a batch and a retry: keys wait, are freed and held anew, in memory as on PostgreSQL."""

import asyncio
from typing import Any

from shared.consumers import parking_lot
from shared.consumers.handler import Item, Parked
from shared.consumers.parking import blocked_keys, park
from shared.policies.policy import RawRecord
from shared.testing.sample import NOW

from .by_hand import Open, waits
from .conftest import Play

PLACE = ("rapport.sample.v1", 3)


def parked(key: str) -> Parked:
    record = RawRecord("rapport.sample.v1", 3, 0, b"k", [("h", b"v")], b"{}")
    return Parked(Item(record, None), "totals", key, ValueError("no"))


async def test_a_message_of_a_key_under_retry_waits_until_the_key_is_free(play: Play) -> None:
    async def scenario(pool: Any) -> None:
        async with pool.acquire() as connection, connection.transaction():
            await park(connection, [parked("a")], NOW)
        retrying = Open(pool)
        connection = await retrying.begin()
        await connection.execute(parking_lot.LOCK_KEY, "totals", "a")
        (row,) = await connection.fetch(parking_lot.WAITING, "totals", "a")

        async def asks() -> Any:
            async with pool.acquire() as other, other.transaction():
                return await blocked_keys(other, [("totals", "a"), ("totals", "b")], ["totals"])

        asking = asyncio.create_task(asks())
        assert await waits(asking)
        await connection.execute(parking_lot.DONE, row["id"])
        await connection.execute(parking_lot.FREE_KEY, "totals", "a")
        await retrying.commit()
        assert await asking == {"totals": frozenset()}

    await play(scenario)


async def test_a_key_that_is_being_freed_is_waited_for_and_held_anew_by_who_parks_under_it(play: Play) -> None:
    async def scenario(pool: Any) -> None:
        async with pool.acquire() as connection, connection.transaction():
            await park(connection, [parked("a")], NOW)
        retrying = Open(pool)
        connection = await retrying.begin()
        (row,) = await connection.fetch(parking_lot.WAITING, "totals", "a")
        await connection.execute(parking_lot.DONE, row["id"])
        await connection.execute(parking_lot.FREE_KEY, "totals", "a")

        async def parks() -> None:
            async with pool.acquire() as other, other.transaction():
                await park(other, [parked("a")], NOW)

        parking = asyncio.create_task(parks())
        assert await waits(parking)
        await retrying.commit()
        await parking
        async with pool.acquire() as other, other.transaction():
            assert await blocked_keys(other, [("totals", "a")], ["totals"]) == {"totals": frozenset({"a"})}

    await play(scenario)


async def test_a_retry_waits_for_the_batch_that_parks_behind_its_key_and_takes_that_message_too(play: Play) -> None:
    async def scenario(pool: Any) -> None:
        async with pool.acquire() as connection, connection.transaction():
            await park(connection, [parked("a")], NOW)
        batch = Open(pool)
        connection = await batch.begin()
        assert await blocked_keys(connection, [("totals", "a")], ["totals"]) == {"totals": frozenset({"a"})}

        async def retries() -> int:
            async with pool.acquire() as other, other.transaction():
                await other.execute(parking_lot.LOCK_KEY, "totals", "a")
                return len(await other.fetch(parking_lot.WAITING, "totals", "a"))

        retrying = asyncio.create_task(retries())
        assert await waits(retrying)
        await park(connection, [parked("a")], NOW)
        await batch.commit()
        assert await retrying == 2

    await play(scenario)
