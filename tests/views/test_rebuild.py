"""A rebuild gives the rows that following gives, beside the live table, and swaps them in as one."""

import pytest

from shared.errors import Fenced, Rejected
from shared.views.build_table import INDEXES
from shared.views.builds import builds

from .conftest import World, doubled


async def test_a_rebuild_of_an_untouched_view_changes_no_row(world: World) -> None:
    await world.write(a=[1, 2, 3], b=[10], c=[5] * 30)
    await world.settle()
    before = await world.rows()
    result = await world.rebuild()
    assert await world.rows() == before == {"a": (6, 3), "b": (10, 1), "c": (150, 30)}
    assert (result.rows, result.changed, result.events) == (3, 0, 34)
    assert await world.rows("totals_before") == before


async def test_rows_that_were_damaged_are_mended_and_counted(world: World) -> None:
    await world.write(a=[1, 2, 3], b=[10], c=[4])
    await world.settle()
    await world.pool.execute("UPDATE totals SET total = 7 WHERE stream = 'a'")
    await world.pool.execute("DELETE FROM totals WHERE stream = 'b'")
    await world.pool.execute("INSERT INTO totals VALUES ('nobody', 1, 1)")
    result = await world.rebuild()
    assert await world.rows() == {"a": (6, 3), "b": (10, 1), "c": (4, 1)}
    assert (result.rows, result.changed) == (3, 3)


async def test_a_rebuild_stops_where_the_consumer_stands_and_the_consumer_goes_on_from_there(world: World) -> None:
    await world.write(a=[1, 2])
    await world.settle()
    await world.write(a=[4], b=[5])
    await world.publish()
    result = await world.rebuild()
    assert await world.rows() == {"a": (3, 2)}
    assert result.changed == 0
    await world.settle()
    assert await world.rows() == {"a": (7, 3), "b": (5, 1)}


async def test_a_rebuild_before_any_consumer_ran_gives_an_empty_table(world: World) -> None:
    await world.write(a=[1])
    await world.publish()
    assert (await world.rebuild()).rows == 0
    await world.settle()
    assert await world.rows() == {"a": (1, 1)}


async def test_the_consumer_that_ran_before_the_swap_is_fenced(world: World) -> None:
    await world.write(a=[1])
    await world.settle()
    await world.rebuild()
    await world.write(a=[1])
    await world.publish()
    with pytest.raises(Fenced):
        await world.batch.take(world.records[-1:], world.places)
    await world.settle()
    assert await world.rows() == {"a": (2, 2)}


async def test_the_new_table_has_the_indexes_options_and_rights_of_the_one_before(world: World) -> None:
    await world.pool.execute("CREATE INDEX totals_by_total ON totals (total DESC, stream) WHERE total > 0")
    await world.pool.execute("ALTER TABLE totals SET (fillfactor = 70)")
    await world.pool.execute("GRANT SELECT ON totals TO PUBLIC")
    await world.write(a=[1])
    await world.settle()
    properties = "SELECT array_to_string(reloptions, ','), relacl::text FROM pg_class WHERE oid = 'totals'::regclass"
    wanted = [tuple(row) for row in await world.pool.fetch(INDEXES, "totals")]
    options = await world.pool.fetchrow(properties)
    for _ in range(3):
        await world.rebuild()
        assert [tuple(row) for row in await world.pool.fetch(INDEXES, "totals")] == wanted
        assert await world.pool.fetchrow(properties) == options
    assert len(await world.pool.fetch(INDEXES, "totals_before")) == 2
    left = await world.pool.fetch("SELECT relname FROM pg_class WHERE relname ~ 'totals.*(build|gone)'")
    assert left == []


async def test_a_second_rebuild_of_the_same_view_is_refused_while_the_first_runs(world: World) -> None:
    await world.write(a=[1])
    await world.settle()
    async with world.pool.acquire() as other:
        await other.execute("SELECT pg_advisory_lock(hashtext('rapport.view'), hashtext('totals'))")
        with pytest.raises(Rejected, match="running"):
            await world.rebuild()
        await other.execute("SELECT pg_advisory_unlock_all()")
    assert (await world.rebuild()).rows == 1


async def test_another_fold_gives_other_rows_and_says_how_many(world: World) -> None:
    await world.write(a=[1], b=[2], c=[3])
    await world.settle()
    world.deploy(doubled)
    result = await world.rebuild()
    assert result.changed == 3
    assert await world.rows() == {"a": (2, 1), "b": (4, 1), "c": (6, 1)}
    assert [(item.number, item.state) for item in await builds(world.pool, ["totals"])] == [(0, "before"), (1, "live")]


async def test_processes_of_their_own_give_the_same_rows(world: World) -> None:
    await world.write(**{f"s{number}": [1, 2, 3] for number in range(50)})
    await world.settle()
    before = await world.rows()
    result = await world.rebuild(where=world.where._replace(processes=2))
    assert await world.rows() == before
    assert (result.rows, result.changed, result.events) == (50, 0, 150)


async def test_a_view_that_there_is_not_is_answered_with_those_that_there_are(world: World) -> None:
    from shared.views.rebuild import rebuild

    with pytest.raises(Rejected, match="choose from totals"):
        await rebuild(world.service, "nothing", world.where)
