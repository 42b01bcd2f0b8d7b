"""A rollback brings the table before up to date first: what is live is never stale."""

import pytest

from shared.errors import Rejected
from shared.testing.sample import NOW, project
from shared.views.builds import builds
from shared.views.rollback import RolledBack, rollback

from .conftest import World, doubled, mended


async def roll_back(world: World) -> RolledBack:
    return await rollback(world.service, "totals", world.where, clock=lambda: NOW)


async def test_the_table_before_comes_back_with_what_came_since(world: World) -> None:
    await world.write(a=[1, 2], b=[3])
    await world.settle()
    world.deploy(doubled)
    await world.rebuild()
    await world.write(a=[4], c=[5])
    await world.settle()
    assert await world.rows() == {"a": (14, 3), "b": (6, 1), "c": (10, 1)}
    world.deploy(project)
    result = await roll_back(world)
    assert await world.rows() == {"a": (7, 3), "b": (3, 1), "c": (5, 1)}
    assert (result.number, result.events) == (0, 2)
    assert [(item.number, item.state) for item in await builds(world.pool, ["totals"])] == [(0, "live"), (1, "before")]
    await world.write(a=[1])
    await world.settle()
    assert await world.rows() == {"a": (8, 4), "b": (3, 1), "c": (5, 1)}


async def test_a_rollback_can_be_rolled_back(world: World) -> None:
    await world.write(a=[1], b=[3])
    await world.settle()
    await world.rebuild()
    for number in (0, 1, 0):
        await world.write(a=[1])
        await world.settle()
        assert (await roll_back(world)).number == number
        assert await world.rows() == {"a": (world.versions["a"], world.versions["a"]), "b": (3, 1)}


async def test_what_was_parked_comes_back_with_the_fold_that_cannot_take_it(world: World) -> None:
    await world.write(a=[1, 13, 5], b=[2])
    await world.settle()
    world.deploy(mended)
    await world.rebuild()
    await world.write(a=[1])
    await world.settle()
    assert await world.rows() == {"a": (20, 4), "b": (2, 1)}
    world.deploy(project)
    await roll_back(world)
    assert await world.rows() == {"a": (1, 1), "b": (2, 1)}
    assert [(item.key, item.messages, item.reason) for item in await world.lot.list()] == [
        ("a", 3, "ValueError: thirteen can't be handled")
    ]


async def test_what_was_parked_takes_effect_when_the_fold_can_take_it(world: World) -> None:
    await world.write(a=[1, 13, 5], b=[2])
    await world.settle()
    world.deploy(mended)
    await world.rebuild()
    await world.write(a=[1])
    await world.settle()
    await roll_back(world)
    assert await world.rows() == {"a": (20, 4), "b": (2, 1)}
    assert await world.lot.list() == []


async def test_without_a_table_before_there_is_nothing_to_roll_back_to(world: World) -> None:
    await world.write(a=[1])
    await world.settle()
    with pytest.raises(Rejected, match="only a view that was rebuilt"):
        await roll_back(world)
    await world.rebuild()
    await world.pool.execute("DROP TABLE totals_before")
    with pytest.raises(Rejected, match="dropped"):
        await roll_back(world)
    assert await world.rows() == {"a": (1, 1)}


async def test_a_table_of_another_shape_stays_where_it_is(world: World) -> None:
    await world.write(a=[1])
    await world.settle()
    await world.rebuild()
    await world.pool.execute("ALTER TABLE totals ADD COLUMN colour text")
    with pytest.raises(Rejected, match="other columns"):
        await roll_back(world)


async def test_after_a_message_was_discarded_only_a_rebuild_helps(world: World) -> None:
    await world.write(a=[1, 13, 5])
    await world.settle()
    (key,) = await world.lot.list()
    await world.rebuild()
    await world.lot.discard(key.first_id, by="anna")
    await world.lot.retry("totals", "a")
    with pytest.raises(Rejected, match="rebuild sample totals"):
        await roll_back(world)
    assert await world.rows() == {"a": (6, 3)}
    assert await world.pool.fetchval("SELECT state FROM view_build WHERE number = 1") == "live"


async def test_a_rollback_that_breaks_off_is_taken_up_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.write(a=[1], b=[3])
    await world.settle()
    await world.rebuild()
    await world.write(a=[2], b=[2])
    await world.settle()

    async def broken(*_: object) -> None:
        raise OSError("the connection is gone")

    with monkeypatch.context() as patch:
        patch.setattr("shared.views.swap.Swap.run", broken)
        with pytest.raises(OSError):
            await roll_back(world)
    assert await world.rows("totals_before") == {"a": (3, 2), "b": (5, 2)}
    await world.write(a=[4])
    await world.settle()
    await roll_back(world)
    assert await world.rows() == {"a": (7, 3), "b": (5, 2)}
