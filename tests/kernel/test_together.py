"""Appends under way at once share transactions, and none of them feels another."""

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from shared.errors import Conflict
from shared.store.contract import Append, KeyUsed, Once
from shared.store.postgres import PostgresEventStore
from shared.store.together import MOST_EVENTS, Together
from shared.testing.sample import CONTEXT, NOW, Raised, raised
from tests.kernel.busy_store import HELD

MOMENT = 2.0
"""Far longer than anything here takes, and far shorter than what would have to be waited for."""


def key(name: str) -> Once:
    return Once(name, "print", name.encode(), NOW + timedelta(days=7))


async def outcomes(store: PostgresEventStore, *appends: Append, once: Once | None = None) -> list[Any]:
    async with asyncio.timeout(MOMENT):
        return await asyncio.gather(*(store.append(item, once=once) for item in appends), return_exceptions=True)


async def test_many_at_once_share_few_transactions_and_each_is_stored(
    pool: asyncpg.Pool, postgres_store: PostgresEventStore
) -> None:
    appends = [Append(f"s{number}", 0, "anna", [Raised(number), Raised(1)], CONTEXT) for number in range(100)]
    assert await outcomes(postgres_store, *appends) == [[2]] * 100
    for number in range(100):
        assert [item.event.by for item in await postgres_store.read(f"s{number}")] == [number, 1]
    assert await pool.fetchval("SELECT count(DISTINCT tx::text) FROM event") < 20
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 200


async def test_a_stale_one_is_told_and_stops_no_other(busy: PostgresEventStore) -> None:
    await outcomes(busy, *(raised(f"s{number}", 1) for number in range(10)))
    stale, *others = await outcomes(
        busy, raised("s0", 2, expected=3), *(raised(f"s{number}", 2, expected=1) for number in range(1, 10))
    )
    assert isinstance(stale, Conflict)
    assert others == [[2]] * 9
    assert len(await busy.read("s0")) == 1


async def test_of_those_at_one_version_of_a_stream_one_wins(busy: PostgresEventStore) -> None:
    for expected in (0, 1):
        won = await outcomes(busy, *(raised("a", by, expected=expected) for by in range(1, 21)))
        assert [isinstance(outcome, Conflict) for outcome in won].count(False) == 1
    assert len(await busy.read("a")) == 2


async def test_a_stream_that_another_transaction_holds_stops_no_other(
    pool: asyncpg.Pool, busy: PostgresEventStore
) -> None:
    await busy.append(raised("held-too", 1))
    async with pool.acquire() as connection:
        async with connection.transaction():
            await connection.execute("UPDATE stream SET version = version WHERE stream_id = 'held-too'")
            waits = asyncio.create_task(busy.append(raised("held-too", 2, expected=1)))
            assert await outcomes(busy, *(raised(f"s{number}", 1) for number in range(50))) == [[1]] * 50
            assert not waits.done()
        assert await waits == [2]


async def test_a_stream_that_another_transaction_is_making_stops_no_other(busy: PostgresEventStore) -> None:
    waits = asyncio.create_task(busy.append(raised(HELD, 2)))
    assert await outcomes(busy, *(raised(f"s{number}", 1) for number in range(50))) == [[1]] * 50
    assert not waits.done()
    waits.cancel()


async def test_a_key_that_is_used_twice_at_once_is_told_and_stops_no_other(busy: PostgresEventStore) -> None:
    twice = asyncio.create_task(outcomes(busy, raised("a", 1), raised("b", 1), once=key("twice")))
    assert await outcomes(busy, *(raised(f"s{number}", 1) for number in range(10))) == [[1]] * 10
    first, second = sorted(await twice, key=lambda outcome: isinstance(outcome, KeyUsed))
    assert first == [1]
    assert isinstance(second, KeyUsed)
    assert len(await busy.read_many(["a", "b"])) == 1


async def test_a_value_that_is_refused_stops_no_other(busy: PostgresEventStore) -> None:
    refused, *others = await outcomes(busy, raised("a\0", 1), *(raised(f"s{number}", 1) for number in range(10)))
    assert isinstance(refused, asyncpg.CharacterNotInRepertoireError)
    assert others == [[1]] * 10


async def test_a_caller_who_is_cancelled_stops_no_other(busy: PostgresEventStore) -> None:
    gone = [asyncio.create_task(busy.append(raised(f"gone-{number}", 1))) for number in range(3)]
    await asyncio.sleep(0)
    for task in gone:
        task.cancel()
    assert await outcomes(busy, *(raised(f"s{number}", 1) for number in range(10))) == [[1]] * 10


async def test_what_is_larger_than_a_shared_transaction_is_stored_alone(busy: PostgresEventStore) -> None:
    events = [Raised(1)] * (MOST_EVENTS + 1)
    assert await busy.append(Append("a", 0, "anna", events, CONTEXT)) == [len(events)]


async def test_losers_among_others_burn_no_position(pool: asyncpg.Pool, busy: PostgresEventStore) -> None:
    await busy.append(raised("a", 1))
    await outcomes(busy, *(raised("a", by) for by in range(5)))
    await busy.append(raised("b", 1))
    assert (await busy.read("b"))[0].position == (await busy.read("a"))[0].position + 1


class Broken:
    """A pool whose connection breaks while a statement is under way: nobody knows whether it took effect."""

    def __init__(self, error: BaseException) -> None:
        self.asked = 0
        self._error = error

    async def fetchval(self, *_: object) -> None:
        self.asked += 1
        await asyncio.sleep(0)
        raise self._error


CLOSED = asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")


@pytest.mark.parametrize(
    ("error", "told_of"),
    [(CLOSED, asyncpg.ConnectionDoesNotExistError), (asyncio.CancelledError(), ConnectionError)],
    ids=["closed", "cancelled within"],
)
async def test_where_it_is_unknown_whether_they_were_stored_each_caller_learns_of_it_and_nothing_is_tried_again(
    error: BaseException, told_of: type[Exception]
) -> None:
    pool = Broken(error)
    together = Together(pool)
    head, events = ("s", 0, 1, 0, "s", "{}", NOW, NOW), [(1, "raised", 1, "{}")]
    async with asyncio.timeout(MOMENT):
        told = await asyncio.gather(
            *(together.append(f"s{number}", head, events, None, None) for number in range(5)), return_exceptions=True
        )
    assert [type(error) for error in told] == [told_of] * 5
    assert pool.asked == 1


async def test_it_works_again_after_it_had_nothing_to_do(postgres_store: PostgresEventStore) -> None:
    for turn in range(20):
        appends = [raised(f"s{number}", 1, expected=turn) for number in range(8)]
        assert await outcomes(postgres_store, *appends) == [[turn + 1]] * 8
