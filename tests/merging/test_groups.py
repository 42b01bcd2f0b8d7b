"""A group is what the edges that count make of it: now, as of a moment, and as known at a moment."""

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from shared.merging import Group, group
from shared.merging.groups import groups_of
from shared.migrations import migrate
from shared.runtime.pool import connect
from shared.store.contract import Moment
from shared.testing import sample

START = datetime(2026, 1, 5, tzinfo=UTC)
INSERT = "INSERT INTO merge_edge VALUES ($1, $2, $3, $4, $5, $6, $7)"


def day(number: int) -> datetime:
    return START + timedelta(days=number)


@pytest.fixture
async def pool(database: str, tmp_path: Path) -> AsyncIterator[asyncpg.Pool]:
    await migrate(sample.service(tmp_path), database)
    pool = await connect(database, size=4)
    yield pool
    await pool.close()


async def test_a_subject_that_stands_alone_is_its_own_group(pool: asyncpg.Pool) -> None:
    assert await group(pool, "a") == Group("a", ("a",))
    assert await group(pool, "a", Moment(as_of=day(1))) == Group("a", ("a",))


async def test_an_edge_counts_from_its_merge_to_its_undo_on_both_axes(pool: asyncpg.Pool) -> None:
    # It happened on day 2 and was told on day 4; it was undone on day 6, which was told on day 8.
    await pool.execute(INSERT, "1", "a", "b", day(2), day(4), day(6), day(8))
    together, alone = Group("b", ("a", "b")), Group("a", ("a",))
    found = {
        (happened, known): await group(pool, "a", Moment(day(happened), day(known)))
        for happened in (1, 2, 5, 6)
        for known in (3, 4, 7, 8)
    }
    for (happened, known), found_group in found.items():
        merged = happened >= 2 and known >= 4
        undone = happened >= 6 and known >= 8
        assert found_group == (together if merged and not undone else alone), (happened, known)
    assert await group(pool, "a", Moment(known_at=day(7))) == together
    assert await group(pool, "a", Moment(as_of=day(5))) == together
    assert await group(pool, "a", Moment(known_at=day(8))) == alone


async def test_chains_have_one_root_whoever_asks(pool: asyncpg.Pool) -> None:
    for name, child, parent in (("1", "a", "b"), ("2", "b", "c"), ("3", "d", "b")):
        await pool.execute(INSERT, name, child, parent, day(1), day(1), None, None)
    for subject in "abcd":
        assert await group(pool, subject, Moment(as_of=day(1))) == Group("c", ("a", "b", "c", "d"))


async def test_an_undo_in_the_middle_leaves_both_ends(pool: asyncpg.Pool) -> None:
    await pool.execute(INSERT, "1", "a", "b", day(1), day(1), None, None)
    await pool.execute(INSERT, "2", "b", "c", day(1), day(1), day(2), day(2))
    assert await group(pool, "a", Moment(as_of=day(1))) == Group("c", ("a", "b", "c"))
    assert await group(pool, "a", Moment(as_of=day(3))) == Group("b", ("a", "b"))
    assert await group(pool, "c", Moment(as_of=day(3))) == Group("c", ("c",))


async def test_edges_that_seem_to_run_in_a_circle_come_to_an_end(pool: asyncpg.Pool) -> None:
    await pool.execute(INSERT, "1", "b", "c", day(1), day(1), None, None)
    await pool.execute(INSERT, "2", "c", "b", day(1), day(1), None, None)
    await pool.execute(INSERT, "3", "a", "c", day(1), day(1), None, None)
    expected = Group("a", ("a", "b", "c"))
    assert groups_of([("b", "c"), ("c", "b"), ("a", "c")])["a"] == expected
    assert await group(pool, "a", Moment(as_of=day(2))) == expected


def test_groups_do_not_depend_on_the_order_of_edges() -> None:
    dice = random.Random(11)
    for _ in range(300):
        edges = [(f"{dice.randrange(8)}", f"{dice.randrange(8)}") for _ in range(dice.randrange(1, 8))]
        shuffled = dice.sample(edges, len(edges))
        assert groups_of(edges) == groups_of(shuffled)
