"""Where a look for waiting events begins: behind what was taken, yet never behind what may still come."""

import asyncio

import asyncpg

from shared.relay.floor import Floor
from shared.relay.sequence import Sequencer, without_scans
from shared.store.contract import PARTITIONS
from shared.store.postgres import PostgresEventStore
from shared.testing.sample import raised

BATCHES = 20
EACH = 50


async def test_a_position_that_commits_late_is_taken_after_higher_ones(
    pool: asyncpg.Pool, postgres_store: PostgresEventStore
) -> None:
    sequencer = Sequencer(pool, range(PARTITIONS))
    await sequencer.lead()
    async with pool.acquire() as connection:
        dawdling = connection.transaction()
        await dawdling.start()
        await postgres_store.on(connection).append(raised("late", 1))
        for number in range(6):
            await postgres_store.append(raised(f"s{number}", 1))
            assert len(await sequencer.next_batch(10)) == 1
        await dawdling.commit()
    assert await sequencer.waiting()
    assert [item.row[5] for item in await sequencer.next_batch(10)] == [b"late"]


async def test_a_position_of_a_transaction_younger_than_all_that_have_ended_is_waited_for(
    pool: asyncpg.Pool, postgres_store: PostgresEventStore
) -> None:
    sequencer = Sequencer(pool, range(PARTITIONS))
    await sequencer.lead()
    async with pool.acquire() as older, pool.acquire() as younger:
        first, second = older.transaction(), younger.transaction()
        await first.start()
        await older.execute("SELECT pg_current_xact_id()")
        await second.start()
        await postgres_store.on(younger).append(raised("late", 1))
        await postgres_store.on(older).append(raised("early", 1))
        await first.commit()
        assert [item.row[5] for item in await sequencer.next_batch(10)] == [b"early"]
        assert await sequencer.next_batch(10) == []
        await second.commit()
    assert [item.row[5] for item in await sequencer.next_batch(10)] == [b"late"]


async def test_a_position_drawn_by_whoever_began_before_a_look_is_taken_however_many_looks_there_were(
    pool: asyncpg.Pool, postgres_store: PostgresEventStore
) -> None:
    sequencer = Sequencer(pool, range(PARTITIONS))
    await sequencer.lead()
    taken = 0

    async def dawdle(number: int) -> None:
        async with pool.acquire() as connection, connection.transaction():
            await postgres_store.on(connection).append(raised(f"slow{number}", 1))
            await asyncio.sleep(0.02 * (number % 7))

    for round_ in range(10):
        dawdlers = [asyncio.create_task(dawdle(10 * round_ + number)) for number in range(10)]
        while not all(task.done() for task in dawdlers):
            await postgres_store.append(raised(f"quick{round_}-{taken}", 1))
            taken += len(await sequencer.next_batch(3))
    while batch := await sequencer.next_batch(3):
        taken += len(batch)
    assert taken == await pool.fetchval("SELECT count(*) FROM event")


async def test_a_look_meets_no_row_that_was_taken_though_an_open_snapshot_keeps_all_of_them(
    pool: asyncpg.Pool, postgres_store: PostgresEventStore
) -> None:
    async with pool.acquire() as reader, reader.transaction(isolation="repeatable_read", readonly=True):
        await reader.fetchval("SELECT count(*) FROM event")
        async with without_scans(pool) as connection:
            sequencer = Sequencer(connection, range(PARTITIONS))
            await sequencer.lead()
            for number in range(BATCHES):
                await postgres_store.append(*(raised(f"s{number}-{item}", 1) for item in range(EACH)))
                assert await sequencer.waiting()
                assert len(await sequencer.next_batch(4000)) == EACH
            await connection.execute("SELECT pg_stat_force_next_flush()")
        met = await pool.fetchval("SELECT idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = 'outbox_pkey'")
    assert BATCHES * EACH <= met < 4 * BATCHES * EACH  # from the beginning it would be twenty times as many


def test_the_floor_rises_to_what_a_look_took_once_everyone_has_ended_who_may_have_drawn_a_lower_position() -> None:
    floor = Floor()
    floor.looked([3, 7], full=False, number=100, oldest=90)
    floor.looked([9], full=False, number=101, oldest=99)
    assert floor.position == 0
    floor.looked([], full=False, number=102, oldest=100)
    assert floor.position == 7
    floor.looked([8, 12], full=False, number=103, oldest=103)
    floor.looked([13], full=False, number=104, oldest=104)
    assert floor.position == 12


def test_a_look_that_left_rows_lifts_the_floor_no_higher_than_what_it_took() -> None:
    floor = Floor()
    floor.looked([3, 70], full=False, number=100, oldest=90)
    floor.looked([20, 30], full=True, number=101, oldest=101)
    assert floor.position == 30
