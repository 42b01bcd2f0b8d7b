"""Carries out the runs that were asked for, one at a time, from wherever a crash left them."""

import asyncio
from collections import Counter
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any
from uuid import UUID

import asyncpg

from services.scoring.adapters.population import last_day, population
from services.scoring.domain import measures
from services.scoring.domain.events import EdgesFrozen, RunCompleted, RunFailed
from services.scoring.domain.pyramid import Tier
from services.scoring.domain.run import RUN, Advance
from services.scoring.domain.score import SCORE, ScoreCustomer
from shared.clock import Clock
from shared.handle import Handler
from shared.policies.work import WorkingSet
from shared.relay.leadership import leadership
from shared.store.contract import Context
from shared.store.postgres import PostgresEventStore
from shared.wakeup import Wakeup

BATCH = 1000
POLL_SECONDS = 0.2
PENDING = "SELECT run_id FROM runs WHERE status = 'running' ORDER BY requested_at"


class RunScoring:
    """A worker's part: one of all workers carries out runs, under a lock; every step is in the run's stream."""

    def __init__(
        self, pool: asyncpg.Pool, store: PostgresEventStore, currency: str, clock: Clock, wakeup: Wakeup
    ) -> None:
        self._pool = pool
        self._store = store
        self._handler = Handler(store)
        self._currency = currency
        self._clock = clock
        self._wakeup = wakeup

    async def run(self) -> None:
        """Work until cancelled."""
        async with leadership(self._pool, "scoring-runs"):
            while True:
                for row in await self._pool.fetch(PENDING):
                    await self.carry_out(UUID(int=row[0].int))
                await asyncio.sleep(POLL_SECONDS)

    async def carry_out(self, run_id: UUID) -> None:
        """Freeze the run's edges unless that was done, score every customer once, and complete the run."""
        run = (await self._handler.load(RUN, RUN.stream(run_id))).state
        if run.requested is None or run.status != "running":
            return
        until = run.requested.observed_until or await last_day(self._pool, self._currency)
        if run.frozen is None:
            customers = None if until is None else await population(self._pool, self._currency, until)
            if until is None or customers is None or not customers.customer_ids:
                reason = f"no customer has bought anything in {self._currency} by then"
                await self._advance(run_id, RunFailed(run_id, reason))
                return
            await self._advance(
                run_id, await asyncio.to_thread(measures.freeze, run_id, customers, until, self._currency)
            )
            run = (await self._handler.load(RUN, RUN.stream(run_id))).state
        if run.frozen is not None:
            await self._score(run.frozen)

    async def _score(self, frozen: EdgesFrozen) -> None:
        customers = await population(self._pool, frozen.currency, frozen.observed_until)
        recency, frequency, monetary = measures.classes(customers, frozen.edges)
        expected, alive = await asyncio.to_thread(measures.forecast, customers, frozen.observed_until, frozen.model)
        values = [Decimal(int(cents)).scaleb(-2) for cents in customers.cents]
        found = zip(customers.customer_ids, recency, frequency, monetary, values, expected, alive, strict=True)
        changed, tiers = 0, Counter[Tier]()
        while batch := list(islice(found, BATCH)):
            changed += await self._score_batch(frozen, batch, tiers)
        counts = {tier: tiers[tier] for tier in Tier}
        await self._advance(frozen.run_id, RunCompleted(frozen.run_id, changed, counts))

    async def _score_batch(self, frozen: EdgesFrozen, batch: list[tuple[Any, ...]], tiers: Counter[Tier]) -> int:
        now = self._clock()
        work = WorkingSet(self._store, now)
        await work.load(SCORE.stream(item[0]) for item in batch)
        for customer_id, recency, frequency, monetary, value, expected, alive in batch:
            command = ScoreCustomer(
                customer_id,
                frozen.run_id,
                frozen.edges.tiers,
                recency,
                frequency,
                monetary,
                value,
                frozen.currency,
                expected,
                alive,
            )
            stream = SCORE.stream(customer_id)
            work.handle(SCORE, stream, command, subject=str(customer_id), context=self._context(frozen.run_id, now))
            latest = work.state(SCORE, stream).latest
            if latest is not None:
                tiers[latest.tier] += 1
        await work.commit()
        self._wakeup.signal()
        return len(work.appends)

    async def _advance(self, run_id: UUID, step: EdgesFrozen | RunCompleted | RunFailed) -> None:
        stream = RUN.stream(run_id)
        context = self._context(run_id, self._clock())
        await self._handler.handle(RUN, stream, Advance(step), subject=stream, context=context)
        self._wakeup.signal()

    def _context(self, run_id: UUID, now: datetime) -> Context:
        return Context(now, now, correlation=str(run_id))
