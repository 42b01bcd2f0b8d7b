"""After the last undo, every row of every view of every service is as if nothing had ever been merged."""

import random

import pytest

from shared.stack.postgres import Postgres

from .lives import life, live
from .world import World, world

SEEDS = range(3)
LENGTH = 60

UNTOUCHED = {
    f"loyalty.{view}"
    for view in (
        *("tiers", "programmes", "rewards", "redemptions", "partners", "partner_entries", "settlements"),
        *("simulations", "pools", "flagged"),
    )
}
"""Views that these lives leave empty: they publish no programme, no reward and no partner, and nobody shares points."""


@pytest.mark.parametrize("seed", SEEDS)
async def test_every_row_of_every_service_is_what_it_would_have_been(postgres: Postgres, seed: int) -> None:
    steps = life(random.Random(seed), LENGTH)
    assert sum(step.merging for step in steps) > 4, "a life without merges proves nothing"
    async with world(postgres, seed) as merged, world(postgres, seed + 100) as plain:
        await live(merged, steps, merging=True)
        await live(plain, steps, merging=False)
        found, expected = await merged.shown(), await plain.shown()
        assert found.keys() == expected.keys()
        for view, rows in expected.items():
            assert bool(rows) == (view not in UNTOUCHED), f"{view} has {len(rows)} rows"
            assert found[view] == rows, view
        assert [await _aside(merged, name) for name in merged.homes] == [0, 0, 0, 0]


async def _aside(rapport: World, service: str) -> int:
    """Return how many subjects are merged, or have rows aside, in a service."""
    count: int = await rapport.homes[service].pool.fetchval(
        "SELECT (SELECT count(*) FROM merged_subject) + (SELECT count(*) FROM merged_row)"
    )
    return count
