"""A write can be waited for: not before its view has taken it, not long after, and with few questions."""

import asyncio
from typing import Any

import asyncpg
import pytest

from shared.errors import Invalid
from shared.http import own_writes
from shared.http.consistency import read_token, token_of
from shared.http.own_writes import OwnWrites
from shared.store.postgres import PostgresEventStore
from shared.testing import sample
from shared.wakeup import Wakeup
from tests.kernel.conftest import Topic

PLACE = ("views", "rapport.sample.v1")
TAKE = """
INSERT INTO consumer_position AS p (consumer, topic, partition, next_seq) VALUES ('views', 'rapport.sample.v1', $1, $2)
ON CONFLICT (consumer, topic, partition) DO UPDATE SET next_seq = excluded.next_seq
"""


class Asked:
    """A pool that counts what is asked of it."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self.questions = 0

    async def fetch(self, *arguments: Any) -> Any:
        self.questions += 1
        return await self._pool.fetch(*arguments)


@pytest.fixture
def wakeup(pool: asyncpg.Pool) -> Wakeup:
    return Wakeup(pool)


@pytest.fixture
def asked(pool: asyncpg.Pool) -> Asked:
    return Asked(pool)


@pytest.fixture
def writes(asked: Asked, wakeup: Wakeup) -> OwnWrites:
    made: Any = asked
    return OwnWrites(made, *PLACE, wakeup)


async def take(pool: asyncpg.Pool, partition: int, next_seq: int) -> None:
    await pool.execute(TAKE, partition, next_seq)


async def test_a_write_is_shown_once_its_view_has_passed_its_number_and_not_before(
    pool: asyncpg.Pool, postgres_store: PostgresEventStore, topic: Topic, writes: OwnWrites
) -> None:
    for version in range(3):
        await postgres_store.append(sample.raised("a", 1, expected=version))
    partition = (await postgres_store.read("a"))[0].partition
    await take(pool, partition, 1)
    assert not await writes.shown("a", 3, 0)  # it waits for its number
    await topic.publish()
    for passed in range(4):
        await take(pool, partition, 1 + passed)
        assert [await writes.shown("a", version, 0) for version in (1, 2, 3)] == [
            passed >= number for number in (1, 2, 3)
        ]
    await postgres_store.append(sample.raised("a", 1, expected=3))
    await topic.publish()
    assert [await writes.shown("a", version, 0) for version in (3, 4)] == [True, False]


async def test_a_write_that_never_was_and_a_view_that_never_ran_show_nothing(
    pool: asyncpg.Pool, postgres_store: PostgresEventStore, topic: Topic, writes: OwnWrites
) -> None:
    await postgres_store.append(sample.raised("a", 1))
    await topic.publish()
    assert not await writes.shown("a", 1, 0)
    await take(pool, (await postgres_store.read("a"))[0].partition, 2)
    assert not await writes.shown("a", 2, 0.05)
    assert not await writes.shown("nothing", 1, 0)


async def test_who_waits_learns_of_it_at_the_wake_up(
    pool: asyncpg.Pool,
    postgres_store: PostgresEventStore,
    topic: Topic,
    writes: OwnWrites,
    wakeup: Wakeup,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(own_writes, "POLL_SECONDS", 60)
    await postgres_store.append(sample.raised("a", 1))
    await topic.publish()
    waiting = asyncio.create_task(writes.shown("a", 1, 5))
    brief = asyncio.create_task(writes.shown("a", 1, 0.05))
    await asyncio.sleep(0.1)
    assert (brief.result(), waiting.done()) == (False, False)
    await take(pool, (await postgres_store.read("a"))[0].partition, 2)
    wakeup.signal()
    async with asyncio.timeout(0.5):
        assert await waiting


async def test_a_hundred_who_wait_ask_no_more_than_one(
    postgres_store: PostgresEventStore, topic: Topic, writes: OwnWrites, asked: Asked, wakeup: Wakeup
) -> None:
    for number in range(100):
        await postgres_store.append(sample.raised(f"s{number}", 1))
    await topic.publish()
    waiting = [asyncio.create_task(writes.shown(f"s{number}", 1, 0.4)) for number in range(100)]
    while not all(task.done() for task in waiting):
        wakeup.signal()
        await asyncio.sleep(0.001)
    assert not any(task.result() for task in waiting)
    assert 5 < asked.questions <= 0.4 / own_writes.LEAST_SECONDS + 2


async def test_a_database_that_is_gone_is_told_to_all_who_wait(writes: OwnWrites, asked: Asked) -> None:
    async def gone(*_: Any) -> Any:
        raise OSError("gone")

    asked.fetch = gone  # type: ignore[method-assign] # a database that fails
    found = await asyncio.gather(*(writes.shown("a", 1, 2) for _ in range(3)), return_exceptions=True)
    assert [type(item) for item in found] == [OSError] * 3


@pytest.mark.parametrize("token", ["x", "", token_of("a", 0), token_of("a", 2**31), token_of("a\x00", 1), "YQ"])
def test_a_token_that_no_write_answered_is_refused(token: str) -> None:
    with pytest.raises(Invalid):
        read_token(token)
