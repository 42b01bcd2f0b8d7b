"""A world for each test."""

from collections.abc import AsyncIterator

import pytest

from shared.stack.postgres import Postgres

from .world import World, world


@pytest.fixture
async def rapport(postgres: Postgres) -> AsyncIterator[World]:
    async with world(postgres, seed=1) as made:
        yield made
