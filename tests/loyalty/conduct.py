"""A shop whose programme has pools and limits of abuse, for tests through the API."""

from typing import Any
from uuid import UUID

import asyncpg
import httpx
from joserfc import jwt
from joserfc.jwk import OctKey

from services.loyalty.domain.abuse.limits import MULTI_FACTOR
from tests.loyalty.conftest import SETTINGS
from tests.loyalty.loyalty_facts import ANNA, BERT, day
from tests.loyalty.shops import Shop

CLEO = UUID(int=3)
DOCUMENT: dict[str, Any] = {
    "id": "shop",
    "name": "The shop",
    "currencies": [{"code": "points"}],
    "earning": {
        "rules": [
            {
                "id": "base",
                "on": ["purchase"],
                "effects": [{"type": "base", "amount": {"type": "per-amount", "points": 1}}],
            }
        ]
    },
}
POOLS: dict[str, Any] = {"most": 3}


class Conduct(Shop):
    """A `Shop` of a programme; Anna, Bert and Cleo are its members since a year."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        super().__init__(pool)
        self.client = self.made(programme="shop")
        self.staff = self.client.headers["Authorization"]

    async def run(self, **sections: Any) -> None:
        """Publish the programme with these sections, and enrol its members."""
        self.now = day(-365)
        document = {**DOCUMENT, **sections}
        published = await self.client.put("/v1/programmes/shop", json={"document": document})
        assert published.status_code == 201, published.text
        for who in (ANNA, BERT, CLEO):
            assert (await self.client.put(f"/v1/members/{who}")).status_code == 201
        self.now = day(0)

    def be(self, customer: UUID | None = None, **claims: Any) -> None:
        """Ask with a customer's own token from now on, or with that of the staff."""
        self.client.headers["Authorization"] = self.staff
        secret = OctKey.import_key(SETTINGS.development_token_secret.get_secret_value())
        told = jwt.decode(self.staff.partition(" ")[2], secret).claims
        more = {**({"customer": str(customer)} if customer else {}), **claims}
        token = jwt.encode({"alg": "HS256"}, {**told, **more}, secret)
        self.client.headers["Authorization"] = f"Bearer {token}"

    def prove(self, customer: UUID | None = None, ago: float = 0) -> None:
        """Ask with a token whose owner has just proved with several factors who they are."""
        self.be(customer, acr=MULTI_FACTOR, auth_time=int(self.now.timestamp() - ago))

    async def create(self, owner: UUID = ANNA, pool: str = "p1") -> httpx.Response:
        return await self.post("pools", pool_id=pool, owner=str(owner))

    async def join(self, who: UUID = BERT, pool: str = "p1") -> httpx.Response:
        """Be invited, and accept."""
        await self.post(f"pools/{pool}/invitations", customer_id=str(who))
        return await self.post(f"pools/{pool}/invitations/{who}/acceptance")

    async def share(self, points: int, name: str = "s1", pool: str = "p1", **more: Any) -> httpx.Response:
        body = {"spend_id": name, "points": points, "reason": "a trip", **more}
        return await self.post(f"pools/{pool}/spends", **body)

    async def give(self, points: int, name: str = "t1", who: UUID = ANNA, to: UUID = BERT) -> httpx.Response:
        return await self.post(f"members/{who}/transfers", transfer_id=name, to=str(to), points=points, reason="a gift")

    async def decisions(self, who: UUID = ANNA) -> list[tuple[str, str, str, bool]]:
        """Return (kind, outcome, first rule, took effect) of each decision, the oldest first."""
        found = (await self.get("abuse", who))["decisions"]
        return [
            (item["kind"], item["outcome"], item["findings"][0]["rule"], item["took_effect"])
            for item in reversed(found)
        ]
