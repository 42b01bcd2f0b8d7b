"""A client of the API for rewards: publishes, stocks, redeems; what is sealed is sealed, and views follow when told."""

from typing import Any
from uuid import UUID

import asyncpg
import httpx

from services.loyalty.contracts.published import PUBLISHED
from services.loyalty.service import SERVICE
from shared.privacy.vault import Vault
from shared.store.postgres import PostgresEventStore
from shared.testing.privacy import memory_vault
from shared.views.rows import Rows
from tests.loyalty.conftest import Api
from tests.loyalty.loyalty_facts import ANNA
from tests.loyalty.reward_facts import MUG, name

OFFER: dict[str, Any] = {"kind": "goods", "titles": {"en": "A mug"}, "price": 100, "supply": "counted"}
VOUCHER = {**OFFER, "kind": "voucher", "supply": "codes", "worth": {"amount": "5.00", "currency": "EUR"}}
SENT = {**OFFER, "fulfilment": "external", "fulfil_within_hours": 1}


class Shop(Api):
    """An `Api` with a vault; another one over the same pool and vault is another process."""

    def __init__(self, pool: asyncpg.Pool, vault: Vault | None = None) -> None:
        super().__init__(pool)
        self.vault = vault or memory_vault()
        self.store = PostgresEventStore(pool, PUBLISHED, clock=lambda: self.now, vault=self.vault)
        self.client = self.made()

    async def publish(self, offer: dict[str, Any], reward: str = MUG) -> httpx.Response:
        return await self.client.put(f"/v1/rewards/{reward}", json=offer)

    async def post(self, path: str, **body: Any) -> httpx.Response:
        return await self.client.post(f"/v1/{path}", json=body)

    async def stock(self, quantity: int, addition: str = "a1") -> httpx.Response:
        return await self.post(f"rewards/{MUG}/stock", addition_id=addition, quantity=quantity)

    async def load(self, *codes: str, addition: str = "b1") -> httpx.Response:
        return await self.post(f"rewards/{MUG}/codes:batch", addition_id=addition, codes=list(codes))

    async def redeem(
        self, number: int | None = 1, who: UUID = ANNA, reward: str = MUG, key: str | None = None
    ) -> httpx.Response:
        wanted = {"reward_id": reward, **({"redemption_id": str(name(number))} if number is not None else {})}
        return await self.client.post(
            f"/v1/members/{who}/redemptions", json=wanted, headers={"Idempotency-Key": key} if key else {}
        )

    async def end(self, how: str, number: int = 1, **body: Any) -> httpx.Response:
        return await self.post(f"redemptions/{name(number)}/{how}", **(body or {"reason": "unwanted"}))

    async def fulfil(self, number: int = 1) -> httpx.Response:
        return await self.end("fulfilment", number, reference="parcel-1")

    async def left(self) -> int | None:
        """Return what is left of the reward."""
        found: int | None = (await self.client.get(f"/v1/rewards/{MUG}")).json()["stock"]
        return found

    async def balance(self, who: UUID = ANNA) -> int:
        found: int = (await self.get("balance", who))["balance"]
        return found

    async def show(self) -> None:
        """Let the views show all that was appended."""
        events = [item for stream in await self.streams("") for item in await self.store.read(stream)]
        for view in SERVICE.views:
            rows: dict[Any, Any] = {}
            for item in sorted(events, key=lambda item: item.position):
                if any(catalogue.knows(item.type) for catalogue in view.reads):
                    key = view.key(item)
                    if key is not None:
                        rows[key] = view.project(rows.get(key), item)
            async with self.pool.acquire() as connection:
                await Rows(view).save(connection, rows)

    async def streams(self, prefix: str) -> list[str]:
        rows = await self.pool.fetch("SELECT stream_id FROM stream WHERE starts_with(stream_id, $1)", prefix)
        return [row[0] for row in rows]


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Return an answer's status and the code of its problem."""
    return answer.status_code, answer.json().get("type", "").rpartition("/")[2]
