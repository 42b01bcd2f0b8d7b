"""Fixtures of the privacy tests: a key database, and key stores over it and in memory."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from shared.migrations import migrate_keys
from shared.privacy.key_store import InMemoryKeyStore, KeyStore
from shared.privacy.master_keys import EnvironmentMasterKeys
from shared.privacy.postgres_keys import PostgresKeyStore
from shared.runtime.pool import connect
from shared.stack.postgres import Postgres
from shared.testing.stack import fresh_database

OLD = "old:" + "b2xkIG1hc3RlciBrZXkgZm9yIHRlc3RzIDMyIGJ5dGU="
NEW = "new:" + "bmV3IG1hc3RlciBrZXkgZm9yIHRlc3RzIDMyIGJ5dGU="


@pytest.fixture
def masters() -> EnvironmentMasterKeys:
    return EnvironmentMasterKeys(OLD)


@pytest.fixture
async def keys_database(postgres: Postgres) -> AsyncIterator[str]:
    """The address of an empty key database of this test's own."""
    async with fresh_database(postgres) as url:
        await migrate_keys(url)
        yield url


@pytest.fixture
async def keys_pool(keys_database: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await connect(keys_database, size=8)
    yield pool
    await pool.close()


@pytest.fixture(params=["memory", "postgres"])
def keys(request: pytest.FixtureRequest) -> KeyStore:
    if request.param == "memory":
        return InMemoryKeyStore()
    return PostgresKeyStore(request.getfixturevalue("keys_pool"))
