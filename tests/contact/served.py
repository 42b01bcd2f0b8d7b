"""Contact served over a real database: its API with a token, and its views brought up to date without Kafka."""

import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID

import asyncpg
import httpx
from joserfc import jwt
from joserfc.jwk import OctKey
from pydantic import SecretStr

from services.contact.contracts.published import PUBLISHED
from services.contact.service import SERVICE
from services.contact.settings import ContactSettings
from shared.consumers.handler import Item
from shared.events import EventName, merged
from shared.handle import Handler
from shared.http.app import create_app
from shared.http.auth import Verifier
from shared.http.kit import Kit
from shared.migrations import migrate
from shared.policies.policy import RawRecord
from shared.runtime.pool import connect
from shared.settings import KernelSettings
from shared.store.contract import Recorded
from shared.store.partition import partition_of
from shared.store.postgres import PostgresEventStore
from shared.testing.privacy import memory_vault
from shared.views.handler import ViewHandler
from shared.wakeup import Wakeup

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SETTINGS = KernelSettings(kafka_bootstrap_servers="127.0.0.1:1")
RECORD = RawRecord("", 0, 0, None, (), None)
_READ = {
    name: merged([catalogue for view in SERVICE.views for catalogue in view.reads if catalogue.service == name])
    for name in ("contact", "loyalty", "tickets", "scoring")
}
_HANDLERS = [ViewHandler(view) for view in SERVICE.views]
_numbers = count(1)
MOVE = """
INSERT INTO consumer_position AS p (consumer, topic, partition, next_seq) VALUES ($1, $2, $3, $4)
ON CONFLICT (consumer, topic, partition) DO UPDATE SET next_seq = greatest(p.next_seq, excluded.next_seq)
"""


class Served:
    """Contact's API, and a way to let events of all services arrive in its views."""

    def __init__(self, pool: asyncpg.Pool, database: str) -> None:
        self.pool = pool
        self.now = NOW
        self.store = PostgresEventStore(pool, PUBLISHED, clock=lambda: self.now, vault=memory_vault())
        own = ContactSettings(database_url=SecretStr(database))
        handler, wakeup, verifier = Handler(self.store), Wakeup(pool), Verifier(SETTINGS)
        self.kit = Kit(SERVICE, SETTINGS, own, self.store, handler, pool, wakeup, lambda: self.now, verifier)
        self.app = create_app(SERVICE, self.kit)
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app), base_url="http://contact", headers=bearer()
        )

    async def arrive(self, events: Iterable[Recorded]) -> None:
        """Apply the events to the views, and move their consumer behind them, in one batch."""
        events = list(events)
        async with self.pool.acquire() as connection, connection.transaction():
            places = [(f"rapport.{event.service}.v1", event.partition, (event.number or 0) + 1) for event in events]
            await connection.executemany(MOVE, [(SERVICE.views_consumer, *place) for place in places])
            for handler in _HANDLERS:
                pairs = [(handler.key(event), Item(RECORD, event)) for event in events]
                assert await handler.apply(connection, [(k, i) for k, i in pairs if k], frozenset()) == []
        self.kit.wakeup.signal()


def bearer(customer: UUID | None = None) -> dict[str, str]:
    """Return the header of a caller who may read and write: an agent, or this customer alone."""
    scopes = "contact:read contact:write"
    claims: dict[str, Any] = {"iss": "rapport-development", "aud": "rapport", "sub": "someone", "scope": scopes}
    if customer is not None:
        claims["customer"] = str(customer)
    key = OctKey.import_key(SETTINGS.development_token_secret.get_secret_value())
    token = jwt.encode({"alg": "HS256"}, {**claims, "exp": int(time.time() + 3600)}, key)
    return {"Authorization": f"Bearer {token}"}


def arrived(
    service: str, name: str, data: bytes, customer: UUID, occurred_at: datetime, recorded_at: datetime
) -> Recorded:
    """Return an event of any service as contact's views meet it, on a stream of its own."""
    number = next(_numbers)
    type_, version = EventName.parse(name)
    event = _READ[service].decode(type_, version, data)
    stream, subject = f"stream-{number}", str(customer)
    return Recorded(
        service,
        stream,
        1,
        number,
        partition_of(subject),
        subject,
        type_,
        version,
        event,
        data,
        occurred_at,
        recorded_at,
        {},
        number,
    )


@asynccontextmanager
async def served(database: str) -> AsyncIterator[Served]:
    """Serve contact over a fresh database."""
    await migrate(SERVICE, database)
    pool = await connect(database, size=8)
    made = Served(pool, database)
    try:
        yield made
    finally:
        await made.client.aclose()
        await pool.close()
