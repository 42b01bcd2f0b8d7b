"""Leaders beside each other, and beside appends that commit late: the database in memory does as PostgreSQL does."""

import asyncio
from typing import Any

import pytest

from shared.errors import Fenced
from shared.relay.sequence import Sequencer
from shared.store.contract import PARTITIONS
from shared.store.partition import partition_of
from shared.testing.sample import raised

from .by_hand import Open, store, waits
from .conftest import Play


async def test_a_position_drawn_early_and_committed_late_is_numbered_late(play: Play) -> None:
    async def scenario(pool: Any) -> None:
        sequencer = Sequencer(pool, [partition_of("one")])
        await sequencer.lead()
        first = Open(pool)
        await store(await first.begin()).append(raised("early", 1, subject="one"))
        for number in range(3):
            await store(pool).append(raised(f"late{number}", 1, subject="one"))
            assert [item.seq for item in await sequencer.next_batch(10)] == [number + 1]
            assert not await sequencer.waiting()
        await first.commit()
        assert await sequencer.waiting()
        assert [(item.row[5], item.seq) for item in await sequencer.next_batch(10)] == [(b"early", 4)]
        assert sequencer._floor.position == 2

    await play(scenario)


async def test_a_leader_that_waits_while_another_takes_over_gives_no_number(play: Play) -> None:
    async def scenario(pool: Any) -> None:
        old = Sequencer(pool, range(PARTITIONS))
        await old.lead()
        await store(pool).append(raised("a", 1))
        taking = Open(pool)
        new = Sequencer(await taking.begin(), range(PARTITIONS))
        await new.lead()
        batch = asyncio.create_task(old.next_batch(10))
        assert await waits(batch)
        await taking.commit()
        with pytest.raises(Fenced):
            await batch
        assert await old.waiting()

    await play(scenario)


async def test_a_leader_whose_rows_were_moved_while_it_waited_gives_no_number(play: Play) -> None:
    async def scenario(pool: Any) -> None:
        one = Sequencer(pool, range(PARTITIONS))
        await one.lead()
        await store(pool).append(raised("a", 1))
        open_ = Open(pool)
        other = Sequencer(await open_.begin(), range(PARTITIONS))
        other._epochs, other._places, other.acked = one._epochs, one._places, one.acked
        assert len(await other.next_batch(10)) == 1
        late = asyncio.create_task(one.next_batch(10))
        assert await waits(late)
        await store(pool).append(raised("b", 1))
        await open_.commit()
        with pytest.raises(Fenced):
            await late
        await one.lead()
        assert [item.row[5] for item in await one.next_batch(10)] == [b"b"]

    await play(scenario)
