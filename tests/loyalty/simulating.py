"""A shop whose purchases were judged by its programme, and a worker's part that plays them, on real PostgreSQL."""

from datetime import datetime
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

import asyncpg
import httpx

from services.loyalty.adapters.run_simulations import Means, RunSimulations
from services.loyalty.api.programme_answers import EXAMPLE
from services.loyalty.contracts.contact import PurchaseRecorded, PurchaseRefunded
from services.loyalty.domain.liability.assumptions import Assumptions
from services.loyalty.policies.judging import Promised
from services.loyalty.policies.purchases import purchases
from shared.policies.work import WorkingSet
from shared.store.contract import Recorded
from shared.wakeup import Wakeup
from tests.loyalty.loyalty_facts import ANNA, day
from tests.loyalty.shops import Shop

POLICY = purchases(Promised(programme="shop"))
TIERS = {"tiers": [{"name": "member", "threshold": 0}, {"name": "green", "threshold": 60}]}
DOUBLE = {"earning": {"rules": {"double": {"on": ["purchase"], "effects": [{"type": "multiply", "by": "2"}]}}}}
PERIOD = {"programme_id": "shop", "since": day(0).isoformat(), "until": day(90).isoformat()}


class Simulating(Shop):
    """A shop at day 100 whose programme counts since long ago; `address` is that of its database."""

    def __init__(self, pool: asyncpg.Pool, address: str) -> None:
        super().__init__(pool)
        self.now = day(100)
        means = Means(address, lambda _: lambda *_: Assumptions(Decimal("0.01"), Decimal("0.8")))
        self.part = RunSimulations(pool, self.store, means, lambda: self.now, Wakeup(pool))

    async def open(self, **more: Any) -> None:
        """Publish the programme, to count since day -400."""
        self.now = day(-400)
        answer = await self.client.put("/v1/programmes/shop", json={"document": {**EXAMPLE, "tiers": TIERS, **more}})
        assert answer.status_code == 201, answer.text
        self.now = day(100)

    async def buy(self, order: str, amount: str, on: float, who: UUID = ANNA) -> None:
        await self._told(PurchaseRecorded(who, "shop", order, Decimal(amount), "EUR"), day(on), who)

    async def return_(self, name: str, order: str, amount: str, on: float, who: UUID = ANNA) -> None:
        await self._told(PurchaseRefunded(who, "shop", order, name, Decimal(amount)), day(on), who)

    async def _told(self, event: Any, at: datetime, who: UUID) -> None:
        nothing = cast("Any", None)
        told = Recorded("contact", "purchase", 1, 1, 0, str(who), "x", 1, event, nothing, at, at, {})
        work = WorkingSet(self.store, self.now)
        await work.load(POLICY.needs(told))
        await work.decide(POLICY.react, work, told)
        await work.commit()

    async def ask(self, **more: Any) -> httpx.Response:
        return await self.client.post("/v1/simulations", json={**PERIOD, **more})

    async def carried_out(self, **more: Any) -> Any:
        """Ask for a simulation, let the worker's part do it, and return what is shown then."""
        asked = await self.ask(**more)
        assert asked.status_code == 202, asked.text
        await self.part.carry_out(UUID(asked.json()["simulation_id"]))
        return await self.shown(asked.json()["simulation_id"])

    async def shown(self, name: str) -> Any:
        answer = await self.client.get(f"/v1/simulations/{name}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def log(self) -> list[tuple[str, int, str]]:
        """Return all that is in the log but what simulations themselves wrote."""
        rows = await self.pool.fetch("SELECT stream_id, version, data::text FROM event ORDER BY position")
        return [tuple(row) for row in rows if not row[0].startswith("simulation-")]
