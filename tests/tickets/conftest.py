"""The API of tickets over the in-memory store, with a clock that the test moves."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import asyncpg
import httpx
import pytest

from services.tickets.contracts.published import PUBLISHED
from services.tickets.service import SERVICE
from services.tickets.settings import TicketsSettings
from shared.handle import Handler
from shared.http.app import create_app
from shared.http.auth import Verifier, development_token
from shared.http.kit import Kit
from shared.settings import KernelSettings
from shared.store.memory import InMemoryEventStore
from shared.wakeup import Wakeup
from tests.tickets.ticket_facts import ANNA, T0

SETTINGS = KernelSettings(kafka_bootstrap_servers="127.0.0.1:1")
OWN_SETTINGS = TicketsSettings.model_validate({"database_url": "postgresql://unused"})
DRAFT = {"customer_id": str(ANNA), "summary": "Half of it was missing.", "category": "delivery", "channel": "letter"}


class Silence:
    """Stands in for the pool where no list is read: nobody listens for wake-ups."""

    async def execute(self, *_: Any) -> None:
        """Do nothing."""


class Api:
    """A client of the API, as one caller, at the moment `now`."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.now: datetime = T0
        self.store = InMemoryEventStore(PUBLISHED, lambda: self.now)
        self.handler = Handler(self.store)
        wakeup = Wakeup(pool)
        verifier = Verifier(SETTINGS)
        kit = Kit(
            SERVICE,
            SETTINGS,
            OWN_SETTINGS,
            self.store,
            self.handler,
            pool,
            wakeup,
            clock=lambda: self.now,
            verifier=verifier,
        )
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(create_app(SERVICE, kit)), base_url="http://tickets", headers=bearer()
        )

    async def open(self, **changes: Any) -> UUID:
        """Open a ticket and return its id."""
        answer = await self.client.post("/v1/tickets", json={**DRAFT, **changes})
        assert answer.status_code == 201, answer.text
        return UUID(answer.json()["ticket_id"])

    async def do(self, ticket_id: UUID, what: str, body: Any = None, *, match: int | None = None) -> httpx.Response:
        """Give a command to a ticket."""
        headers = {} if match is None else {"If-Match": f'"{match}"'}
        return await self.client.post(f"/v1/tickets/{ticket_id}/{what}", json=body, headers=headers)


def bearer(*scopes: str) -> dict[str, str]:
    """Return the header of a caller with these scopes, by default both."""
    token = development_token(SETTINGS, scopes or ("tickets:read", "tickets:write"), subject="agent-1")
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    made = Api(cast("asyncpg.Pool", Silence()))
    yield made
    await made.client.aclose()
