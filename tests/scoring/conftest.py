"""Fixtures of the scoring tests: its database, its store, and its API with a token."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import asyncpg
import httpx
import pytest
from pydantic import SecretStr

from services.scoring.contracts.published import PUBLISHED
from services.scoring.service import SERVICE
from services.scoring.settings import ScoringSettings
from shared.handle import Handler
from shared.http.app import create_app
from shared.http.auth import Verifier, development_token
from shared.http.kit import Kit
from shared.migrations import migrate
from shared.runtime.pool import connect
from shared.settings import KernelSettings
from shared.store.postgres import PostgresEventStore
from shared.wakeup import Wakeup

NOW = datetime(1998, 7, 1, 9, 30, tzinfo=UTC)
SETTINGS = KernelSettings(kafka_bootstrap_servers="127.0.0.1:1")


@pytest.fixture
async def pool(database: str) -> AsyncIterator[asyncpg.Pool]:
    await migrate(SERVICE, database)
    pool = await connect(database, size=8)
    yield pool
    await pool.close()


@pytest.fixture
def store(pool: asyncpg.Pool) -> PostgresEventStore:
    return PostgresEventStore(pool, PUBLISHED, clock=lambda: NOW)


@pytest.fixture
async def api(pool: asyncpg.Pool, store: PostgresEventStore, database: str) -> AsyncIterator[httpx.AsyncClient]:
    """The API, asked with a token that may do everything in scoring."""
    own = ScoringSettings(database_url=SecretStr(database))
    verifier = Verifier(SETTINGS)
    kit = Kit(SERVICE, SETTINGS, own, store, Handler(store), pool, Wakeup(pool), lambda: NOW, verifier)
    token = development_token(SETTINGS, ["scoring:read", "scoring:write"], subject="tester")
    transport = httpx.ASGITransport(create_app(SERVICE, kit))
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://scoring", headers=headers) as client:
        yield client
