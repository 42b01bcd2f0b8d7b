"""Appends that share a transaction: the database in memory leaves out the same ones as PostgreSQL."""

import asyncio
from datetime import timedelta
from typing import Any

from shared.errors import Conflict
from shared.store.contract import Once
from shared.testing.sample import NOW, raised
from tests.simulation.conftest import Play

from .by_hand import Open, store, waits


async def test_appends_that_share_a_transaction_leave_out_what_others_hold_and_what_is_stale(play: Play) -> None:
    once = Once("key", "print", b"answer", NOW + timedelta(days=7))

    async def scenario(pool: Any) -> None:
        own = store(pool)
        await own.append(raised("kept", 1), raised("stale", 1))
        holder = Open(pool)
        await store(await holder.begin()).append(raised("kept", 2, expected=1), raised("made", 2))
        held = [asyncio.create_task(own.append(raised("kept", 3, expected=1)))]
        held.append(asyncio.create_task(own.append(raised("made", 3))))
        given = [raised(f"s{number}", number) for number in range(8)]
        others = [own.append(raised("o", 1), once=once), own.append(raised("stale", 3))]
        rivals = [own.append(raised("p", by)) for by in range(2)]
        told = await asyncio.gather(*map(own.append, given), *others, *rivals, return_exceptions=True)
        assert told[:9] == [[1]] * 9
        assert isinstance(told[9], Conflict)
        assert sorted(isinstance(outcome, Conflict) for outcome in told[10:]) == [False, True]
        assert [await waits(task) for task in held] == [True, True]
        await holder.rollback()
        assert await asyncio.gather(*held) == [[2], [1]]
        assert [(await own.news(f"s{number}"))[1] for number in range(8)] == [item.events for item in given]
        assert await own.answered("key") == ("print", b"answer")

    await play(scenario)
