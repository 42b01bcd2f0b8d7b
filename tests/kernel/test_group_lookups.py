"""Look-ups at once share a query, and each gets the group of its own subject."""

import asyncio
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from shared.consumers.handler import Item
from shared.merging.groups import Group, group
from shared.merging.lookups import Lookups, groups_of_many
from shared.policies.handler import PolicyHandler
from shared.policies.policy import RawRecord, Work
from shared.store.contract import Recorded
from shared.store.postgres import PostgresEventStore
from shared.testing.sample import ECHO, NOW, raised

MERGED = [("a", "a"), ("b", "a"), ("c", "c"), ("d", "c")]


class Asked:
    """A database that counts its queries, answers when it is let to, and fails when told."""

    def __init__(self) -> None:
        self.queries: list[list[str]] = []
        self.open = asyncio.Event()
        self.error: Exception | None = None

    async def fetch(self, _: str, subjects: list[str]) -> list[Any]:
        self.queries.append(subjects)
        await self.open.wait()
        if self.error:
            raise self.error
        return [
            (subject, root, member)
            for subject, root in MERGED
            if subject in subjects
            for member, of in MERGED
            if of == root
        ]


async def test_those_who_come_meanwhile_share_the_next_query() -> None:
    database = Asked()
    lookups = Lookups(database)  # type: ignore[arg-type] # only `fetch` is needed
    first = asyncio.create_task(lookups.group("a"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    others = [asyncio.create_task(lookups.group(name)) for name in ("b", "d", "none", "d")]
    await asyncio.sleep(0)
    database.open.set()
    assert await first == Group("a", ("a", "b"))
    found = await asyncio.gather(*others)
    assert found == [Group("a", ("a", "b")), Group("c", ("c", "d")), Group("none", ("none",)), Group("c", ("c", "d"))]
    assert database.queries == [["a"], ["b", "d", "none"]]


async def test_a_failure_is_everyones_and_the_next_look_up_asks_again() -> None:
    database = Asked()
    lookups = Lookups(database)  # type: ignore[arg-type] # as above
    database.open.set()
    database.error = OSError()
    found = await asyncio.gather(*(lookups.group(name) for name in "ab"), return_exceptions=True)
    assert [type(item) for item in found] == [OSError, OSError]
    database.error = None
    assert await lookups.group("a") == Group("a", ("a", "b"))


async def test_who_goes_doesnt_take_the_answer_from_others() -> None:
    database = Asked()
    lookups = Lookups(database)  # type: ignore[arg-type] # as above
    going, staying = (asyncio.create_task(lookups.group("a")) for _ in range(2))
    await asyncio.sleep(0)
    going.cancel()
    database.open.set()
    assert await staying == Group("a", ("a", "b"))
    with pytest.raises(asyncio.CancelledError):
        await going


async def test_it_says_what_a_look_up_alone_says(pool: asyncpg.Pool) -> None:
    await pool.executemany("INSERT INTO merged_subject VALUES ($1, $2)", MERGED)
    lookups = Lookups(pool)
    names = ["a", "b", "c", "d", "none"]
    found = await asyncio.gather(*map(lookups.group, names))
    assert found == [await group(pool, name) for name in names]


async def test_a_policy_learns_who_is_one_with_whom_by_one_query_for_its_batch(
    pool: asyncpg.Pool, postgres_store: PostgresEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []
    seen: dict[str, tuple[str, ...]] = {}
    query = groups_of_many

    async def counted(database: Any, subjects: list[str]) -> Any:
        asked.append(subjects)
        return await query(database, subjects)

    def react(work: Work, event: Recorded) -> None:
        seen[event.subject] = work.members(event.subject)

    monkeypatch.setattr("shared.merging.batch.groups_of_many", counted)
    await pool.executemany("INSERT INTO merged_subject VALUES ($1, $2)", MERGED)
    await postgres_store.append(*(raised(name, 1) for name in ("b", "d", "none")))
    events = [(await postgres_store.read(name))[0] for name in ("b", "d", "none")]
    handler = PolicyHandler(replace(ECHO, needs=lambda _: (), react=react), postgres_store, lambda: NOW)
    items = [(event.stream, Item(RawRecord("sample", 0, 0, None, (), None), event)) for event in events]
    async with pool.acquire() as connection, connection.transaction():
        assert await handler.apply(connection, items, frozenset()) == []
    assert seen == {"b": ("a", "b"), "d": ("c", "d"), "none": ("none",)}
    assert asked == [["b", "d", "none"]]
