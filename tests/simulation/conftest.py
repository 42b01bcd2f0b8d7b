"""Scenarios that run on the simulated parts and on the real ones alike."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from shared.migrations import migrate
from shared.runtime.pool import connect
from shared.testing import sample
from tests.simulation.contract import in_a_world

Scenario = Callable[[Any], Awaitable[None]]
Play = Callable[[Scenario], Awaitable[None]]


@pytest.fixture
async def real_pool(database: str, tmp_path: Path) -> AsyncIterator[asyncpg.Pool]:
    await migrate(sample.service(tmp_path), database)
    pool = await connect(database, size=5)
    yield pool
    await pool.close()


@pytest.fixture(params=["memory", "postgres"])
def play(request: pytest.FixtureRequest) -> Play:
    """Return what runs a scenario with a pool: in the simulated world, or on PostgreSQL."""
    if request.param == "memory":
        return lambda scenario: in_a_world(scenario, sample.TOTALS.table.name)
    pool = request.getfixturevalue("real_pool")

    async def really(scenario: Scenario) -> None:
        await scenario(pool)

    return really
