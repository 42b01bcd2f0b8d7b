"""A rebuild of a view whose subjects were merged gives what following gives: what is shown, and what is kept aside."""

import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.migrations import migrate
from shared.runtime.pool import connect
from shared.testing.sample import NOW
from shared.views.fold_processes import Where
from shared.views.rebuild import Rebuilt, rebuild
from shared.views.rollback import rollback
from tests.kernel import joining
from tests.kernel.joining import Added, Fact, Joined, Parted

from .conftest import NO_KAFKA, World

NAMES = [f"n{number}" for number in range(8)]


@pytest.fixture
async def joined(database: str, tmp_path: Path) -> AsyncIterator[World]:
    service = joining.service(tmp_path)
    await migrate(service, database)
    pool = await connect(database, size=12)
    yield World(database, pool, service, tmp_path)
    await pool.close()


async def tell(world: World, facts: list[Fact]) -> None:
    for item in joining.appends(facts):
        await world.store.append(item)


async def tell_more(world: World, facts: list[Fact], told: int) -> None:
    for item in joining.appends(facts)[told:]:
        await world.store.append(item)


KEPT = "SELECT subject || ' ' || key || ' ' || row::text FROM merged_row WHERE table_name = $1 ORDER BY 1"


async def state(world: World, table: str) -> tuple[list[str], list[str]]:
    shown = await world.pool.fetch(f"SELECT t::text FROM {table} t ORDER BY 1")
    aside = await world.pool.fetch(KEPT, table)
    return [row[0] for row in shown], [row[0] for row in aside]


async def rebuilt(world: World, view: str) -> Rebuilt:
    return await rebuild(world.service, view, Where(world.url, NO_KAFKA), clock=lambda: NOW)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("view", ["sums", "kinds"])
async def test_a_rebuild_equals_following_row_for_row(joined: World, view: str, seed: int) -> None:
    facts = joining.life(random.Random(seed), NAMES, 60)
    await tell(joined, facts[:30])
    await joined.settle()
    before = await state(joined, view)
    result = await rebuilt(joined, view)
    assert (await state(joined, view), result.changed) == (before, 0)
    assert await state(joined, f"{view}_before") == before
    await tell_more(joined, facts, 30)
    await joined.settle()
    after = await state(joined, view)
    assert (await rebuilt(joined, view)).changed == 0
    assert await state(joined, view) == after
    assert (await rebuilt(joined, view)).changed == 0
    await rollback(joined.service, view, Where(joined.url, NO_KAFKA), clock=lambda: NOW)
    assert await state(joined, view) == after


async def test_a_rollback_shows_groups_as_they_are_now(joined: World) -> None:
    facts: list[Fact] = [Added("a", 1), Added("b", 2), Added("c", 4), Joined("m1", "a", "b")]
    await tell(joined, facts)
    await joined.settle()
    await rebuilt(joined, "sums")
    facts += [Added("a", 8), Parted("m1", "a", "b"), Joined("m2", "b", "c")]
    await tell_more(joined, facts, 4)
    await joined.settle()
    await rollback(joined.service, "sums", Where(joined.url, NO_KAFKA), clock=lambda: NOW)
    rows = await joined.pool.fetch("SELECT whom, total FROM sums ORDER BY 1")
    assert [tuple(row) for row in rows] == [("a", 9), ("c", 6)]
    facts += [Parted("m2", "b", "c"), Added("b", 16)]
    await tell_more(joined, facts, 7)
    await joined.settle()
    rows = await joined.pool.fetch("SELECT whom, total FROM sums ORDER BY 1")
    assert [tuple(row) for row in rows] == [("a", 9), ("b", 18), ("c", 4)]


async def test_a_damaged_row_of_a_group_is_counted_and_mended(joined: World) -> None:
    await tell(joined, [Added("a", 1), Added("b", 2), Joined("m1", "a", "b")])
    await joined.settle()
    right = await state(joined, "sums")
    await joined.pool.execute("UPDATE sums SET total = 99")
    assert (await rebuilt(joined, "sums")).changed == 1
    assert await state(joined, "sums") == right
