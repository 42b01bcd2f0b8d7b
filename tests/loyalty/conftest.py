"""The API of loyalty over a database of its own, with terms and a clock that the test chooses."""

import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from pydantic import SecretStr

from services.loyalty.contracts.published import PUBLISHED
from services.loyalty.service import SERVICE
from services.loyalty.settings import LoyaltySettings
from shared.errors import Rejected
from shared.handle import Handler
from shared.http.app import create_app
from shared.http.auth import Verifier, development_token
from shared.http.kit import Kit
from shared.migrations import migrate
from shared.runtime.pool import connect
from shared.settings import KernelSettings
from shared.stack.postgres import Postgres
from shared.store.contract import Recorded
from shared.store.postgres import PostgresEventStore
from shared.testing.stack import fresh_database
from shared.timers.timers import Timers
from shared.wakeup import Wakeup
from tests.loyalty.loyalty_facts import ANNA, BERT, NOW

SETTINGS = KernelSettings(kafka_bootstrap_servers="127.0.0.1:1")

NAMED_FIRST = frozenset(
    {
        "action-differs",
        "agreement-differs",
        "currency-not-spendable",
        "earning-differs",
        "hold-differs",
        "not-prepaid",
        "programme-unknown",
        "second-person-needed",
        "spend-differs",
        "stock-differs",
    }
)
"""Refusals that begin with a name that somebody gave, be it in small letters."""


@pytest.fixture(scope="package", autouse=True)
def every_refusal_names_its_rule_and_tells_people_in_a_sentence() -> Iterator[None]:
    """What `Rejected` promises, asked of each refusal in any test of loyalty."""
    refuse = Rejected.__init__

    def told(self: Rejected, code: str, detail: str) -> None:
        assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", code), code
        assert re.fullmatch(r"(?s).*[a-z].*\.", detail), detail
        assert not detail[0].islower() or code in NAMED_FIRST, detail
        refuse(self, code, detail)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Rejected, "__init__", told)
        yield


@pytest.fixture(scope="session")
async def template(postgres: Postgres) -> AsyncIterator[str]:
    """The name of a migrated database, of which each test gets a copy."""
    async with fresh_database(postgres) as url:
        await migrate(SERVICE, url)
        yield await name_of(url)


async def name_of(url: str) -> str:
    connection = await asyncpg.connect(url)
    try:
        name: str = await connection.fetchval("SELECT current_database()")
        return name
    finally:
        await connection.close()


@pytest.fixture
async def pool(postgres: Postgres, template: str) -> AsyncIterator[asyncpg.Pool]:
    async with fresh_database(postgres, template=template) as url:
        pool = await connect(url, size=8)
        yield pool
        await pool.close()


class Api:
    """A client of the API as one caller, at the moment `now`; merges are told to it as the views would learn them."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.now: datetime = NOW
        self.pool = pool
        self.store = PostgresEventStore(pool, PUBLISHED, clock=lambda: self.now)
        self.client = self.made()

    def made(self, **terms: Any) -> httpx.AsyncClient:
        """Return a client of a process with these terms."""
        own = LoyaltySettings(database_url=SecretStr("postgresql://unused"), **terms)
        kit = Kit(
            SERVICE,
            SETTINGS,
            own,
            self.store,
            Handler(self.store),
            self.pool,
            Wakeup(self.pool),
            lambda: self.now,
            Verifier(SETTINGS),
        )
        token = development_token(SETTINGS, ["loyalty:read", "loyalty:write"], subject="tester")
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(create_app(SERVICE, kit)),
            base_url="http://loyalty",
            headers={"Authorization": f"Bearer {token}"},
        )

    def confine(self, customer: UUID) -> None:
        """From now on ask with this customer's own token."""
        secret = OctKey.import_key(SETTINGS.development_token_secret.get_secret_value())
        claims = jwt.decode(self.client.headers["Authorization"].partition(" ")[2], secret).claims
        token = jwt.encode({"alg": "HS256"}, {**claims, "customer": str(customer)}, secret)
        self.client.headers["Authorization"] = f"Bearer {token}"

    async def get(self, what: str, who: UUID = ANNA, **params: str) -> Any:
        """Return what an account answers."""
        answer = await self.client.get(f"/v1/members/{who}/{what}".rstrip("/"), params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def earn(self, order: str, net: str, who: UUID = ANNA, **more: Any) -> httpx.Response:
        return await self._move(who, "earnings", source="shop", order_id=order, net=net, currency="EUR", **more)

    async def refund(self, name: str, order: str, amount: str, who: UUID = ANNA) -> httpx.Response:
        return await self._move(who, "refunds", source="shop", order_id=order, refund_id=name, amount=amount)

    async def spend(self, name: str, points: int, who: UUID = ANNA) -> httpx.Response:
        return await self._move(who, "spends", spend_id=name, points=points, reason="voucher")

    async def take_back(self, name: str, who: UUID = ANNA) -> httpx.Response:
        return await self._move(who, f"spends/{name}/reversal")

    async def _move(self, who: UUID, what: str, **body: Any) -> httpx.Response:
        return await self.client.post(f"/v1/members/{who}/{what}", json=body or None)

    def count_reads(self) -> list[int]:
        """Return what grows with each reading of streams that are decided on together, by how many they are."""
        read, reads = self.store.read_many, list[int]()

        async def counted(streams: Sequence[str], **more: Any) -> Mapping[str, Sequence[Recorded]]:
            reads.append(len(streams))
            return await read(streams, **more)

        self.store.read_many = counted  # type: ignore[method-assign] # to see when it is called
        return reads

    async def fire(self) -> None:
        """Let the timers do what is due now."""
        timers = Timers(self.pool, self.store, SERVICE.deciders, lambda: self.now, Wakeup(self.pool))
        while await timers.fire():
            pass

    async def merge(self, child: UUID = BERT, parent: UUID = ANNA) -> None:
        """Let `parent` stand for `child` from now on."""
        await self.pool.execute(
            "INSERT INTO merge_edge (merge_id, child, parent, occurred_at, recorded_at) VALUES ($1, $1, $2, $3, $3)",
            str(child),
            str(parent),
            self.now,
        )
        for subject in (child, parent):
            await self.pool.execute("INSERT INTO merged_subject VALUES ($1, $2)", str(subject), str(parent))

    async def undo(self) -> None:
        """Let everyone stand for themselves again, from now on."""
        await self.pool.execute("UPDATE merge_edge SET undone_occurred_at = $1, undone_recorded_at = $1", self.now)
        await self.pool.execute("DELETE FROM merged_subject")


@pytest.fixture
async def api(pool: asyncpg.Pool) -> Api:
    return Api(pool)
