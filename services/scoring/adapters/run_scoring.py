"""Carries out the runs that were asked for, one at a time, from wherever a crash left them."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING
from uuid import UUID

import asyncpg

from services.scoring.adapters.waiting_runs import company, may_begin, pending
from services.scoring.domain.events import (
    Cause,
    CustomerScored,
    EdgesFrozen,
    ModelFitted,
    RunCompleted,
    RunFailed,
    RunJoined,
    RunRequested,
)
from services.scoring.domain.findings import MODEL, Basis, Fit
from services.scoring.domain.model import MODELS
from services.scoring.domain.pyramid import Rule, Tier
from services.scoring.domain.rescoring import concerned
from services.scoring.domain.run import RUN, Advance
from services.scoring.domain.score import SCORE, Measured, ScoreCustomer
from shared.clock import Clock
from shared.handle import Handler
from shared.policies.work import WorkingSet
from shared.runs import one_at_a_time, passes
from shared.store.contract import Context, EventStore
from shared.telemetry.log import logger
from shared.wakeup import Wakeup

if TYPE_CHECKING:  # NumPy and SciPy cost 80 MiB: a process has them from its first run on, not from its start
    from services.scoring.domain.measures import Population

BATCH = 500

log = logger("runs")


@dataclass
class Tally:
    """What a run has found so far, batch by batch."""

    changed: int = 0
    customers: dict[Tier, int] = field(default_factory=lambda: dict.fromkeys(Tier, 0))
    revenue: dict[Tier, Decimal] = field(default_factory=lambda: dict.fromkeys(Tier, Decimal(0)))

    def add(self, latest: CustomerScored, value: Decimal, *, changed: bool) -> None:
        """Count a customer, and whether this run scored them, were it before a crash."""
        self.changed += changed
        self.customers[latest.tier] += 1
        self.revenue[latest.tier] += value


class RunScoring:
    """A worker's part: one of all workers carries out runs, under a lock; every step is in the run's stream."""

    def __init__(
        self, pool: asyncpg.Pool, store: EventStore, currency: str, rule: Rule, clock: Clock, wakeup: Wakeup
    ) -> None:
        self._pool = pool
        self._store = store
        self._handler = Handler(store)
        self._currency = currency
        self._rule = rule
        self._clock = clock
        self._wakeup = wakeup

    async def run(self) -> None:
        """Work until cancelled."""
        await one_at_a_time(self._pool, "scoring-runs", pending, self.carry_out)

    async def carry_out(self, run_id: UUID) -> None:
        """Freeze the run's edges unless that was done, score every customer once, and complete the run.

        Whatever a crash left undone, a second call does; what was done stays as it is.
        A run because of a merge that the views don't know yet is left for later.
        """
        run = (await self._handler.load(RUN, RUN.stream(run_id))).state
        if run.requested is None or run.status != "running":
            return
        if not await may_begin(self._pool, run.requested.because):
            return
        try:
            await asyncio.to_thread(_import_numbers)
            await self._carry_out(run.requested, run.frozen)
        except Exception as error:
            if passes(error):
                raise
            log.exception("run.failed", run_id=str(run_id))
            await self._advance(run_id, RunFailed(run_id, f"the program failed: {type(error).__name__}"))

    async def _carry_out(self, requested: RunRequested, frozen: EdgesFrozen | None) -> None:
        run_id = requested.run_id
        joining = () if frozen else await company(self._pool, self._handler, requested)
        currency, until = self._currency, requested.observed_until
        if frozen is not None:
            currency, until = frozen.currency, frozen.observed_until
        population = await self._population(currency, until)
        if population is None:
            await self._advance(run_id, RunFailed(run_id, f"no customer has bought anything in {currency} by then"))
            return
        await self._score(frozen or await self._freeze(requested, joining, population), population)

    async def _population(self, currency: str, until: date | None, *, pooled: bool = False) -> "Population | None":
        from services.scoring.adapters.population import population  # see TYPE_CHECKING above

        return await population(self._pool, currency, until, pooled=pooled)

    async def _freeze(
        self, requested: RunRequested, joining: Sequence[RunRequested], population: "Population"
    ) -> EdgesFrozen:
        """Decide the run, together with those that join it; from here on they all take effect or none does."""
        from services.scoring.domain import measures

        run_id = requested.run_id
        because = tuple(run.because for run in (requested, *joining) if run.because)
        fit = await self._fit(population)
        fitted = ModelFitted(MODEL, run_id, population.observed_until, population.currency, fit)
        model, context = MODELS.stream(MODEL), self._context(run_id)
        work = WorkingSet(self._store, context.recorded_at)
        await work.load((model, *(RUN.stream(run.run_id) for run in (requested, *joining))))
        work.handle(MODELS, model, fitted, subject=model, context=context)
        version = work.version(model)
        frozen = await asyncio.to_thread(measures.freeze, run_id, population, self._rule, fit, version, because)
        steps: tuple[EdgesFrozen | RunJoined, ...] = (frozen, *(RunJoined(run.run_id, run_id) for run in joining))
        for step in steps:
            stream = RUN.stream(step.run_id)
            work.handle(RUN, stream, Advance(step), subject=stream, context=context)
        await work.commit()
        self._wakeup.signal()
        return frozen

    async def _fit(self, population: "Population") -> Fit:
        """Fit the currency's customers; where that can't be used, everyone's, whatever they paid in."""
        from services.scoring.domain import measures

        own = await asyncio.to_thread(measures.fit, population)
        if own.usable or not population.other_currencies:
            return own
        everyone = await self._population(population.currency, population.observed_until, pooled=True)
        pooled = await asyncio.to_thread(measures.fit, everyone or population, Basis.POOLED)
        return pooled if pooled.usable else own

    async def _score(self, frozen: EdgesFrozen, population: "Population") -> None:
        from services.scoring.domain import measures

        found = await asyncio.to_thread(measures.measure, population, frozen)
        anew = concerned(frozen.because, population.merged)
        tally = Tally()
        while batch := list(islice(found, BATCH)):
            await self._score_batch(frozen, batch, anew, tally)
        completed = RunCompleted(frozen.run_id, tally.changed, tally.customers, tally.revenue)
        await self._advance(frozen.run_id, completed)

    async def _score_batch(
        self, frozen: EdgesFrozen, batch: list[Measured], anew: Mapping[UUID, tuple[Cause, ...]], tally: Tally
    ) -> None:
        """Score a batch; a run because of merges leaves whomever they don't concern as they are, and counts them."""
        context = self._context(frozen.run_id)
        streams = [SCORE.stream(item.customer_id) for item in batch]
        work = WorkingSet(self._store, context.recorded_at)
        await work.load(streams)
        for stream, item in zip(streams, batch, strict=True):
            because = anew.get(item.customer_id, ())
            if because or not frozen.because:
                command = ScoreCustomer(frozen, item, because)
                work.handle(SCORE, stream, command, subject=str(item.customer_id), context=context)
            latest = work.state(SCORE, stream).latest
            if latest is not None:
                scored = bool(because) or latest.run_id == frozen.run_id
                tally.add(latest, item.value, changed=scored)
        await work.commit()
        self._wakeup.signal()

    async def _advance(self, run_id: UUID, step: RunCompleted | RunFailed) -> None:
        stream = RUN.stream(run_id)
        await self._handler.handle(RUN, stream, Advance(step), subject=stream, context=self._context(run_id))
        self._wakeup.signal()

    def _context(self, run_id: UUID) -> Context:
        now = self._clock()
        return Context(now, now, correlation=str(run_id), causation=f"{RUN.stream(run_id)}@1")


def _import_numbers() -> None:
    """Import what takes half a second, so that it happens in a thread; the imports in the methods then cost nothing."""
    from services.scoring.domain import measures

    del measures
