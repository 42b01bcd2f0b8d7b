"""What a quarter of a million purchases would have earned under other rules: the whole job, as the worker does it."""

import time
from decimal import Decimal
from uuid import uuid4

import asyncpg

from bench.figures import Figure, Found, measured
from bench.place import LOYALTY, Place
from bench.quarter_log import COPIES, ORDERS, PATTERNS, PURCHASES, SINCE, UNTIL, fill
from services.loyalty.adapters.account_pages import READ
from services.loyalty.adapters.run_simulations import Means, RunSimulations
from services.loyalty.contracts.published import PUBLISHED
from services.loyalty.domain.liability.assumptions import Assumptions
from services.loyalty.domain.what_if.asked import Asked
from services.loyalty.domain.what_if.simulation import SIMULATION, Request
from shared.clock import system_clock
from shared.handle import Handler
from shared.runtime.pool import connect
from shared.store.contract import Context
from shared.store.postgres import PostgresEventStore
from shared.wakeup import Wakeup

PROCESSES = 2
MEBIBYTE = 2**20
ASSUMED = Assumptions(Decimal("0.01"), Decimal("0.8"), 24)
DOUBLE = {"earning": {"rules": {"double": {"on": ["purchase"], "effects": [{"type": "multiply", "by": "2"}]}}}}
READ_ALL = "SELECT sum(length(data::text)) FROM event WHERE type = ANY($1)"


async def loyalty_what_if(at: Place) -> list[Figure]:
    """Measure double points over a quarter; memory is that of all processes that play, at most."""
    address = await at.database(LOYALTY)
    pool = await connect(address, size=4, command_timeout=None)
    try:
        await fill(pool)
        return [
            await measured(
                "loyalty_what_if_1m",
                "s",
                lambda: _played(pool, address),
                f"<= 60, < 1024 MiB, {PURCHASES:,} purchases, {PROCESSES} processes",
                "the database alone: reading the same rows as text",
                lambda: _read(pool),
            )
        ]
    finally:
        await pool.close()


async def _played(pool: asyncpg.Pool, address: str) -> Found:
    store, now, name = PostgresEventStore(pool, PUBLISHED), system_clock(), uuid4()
    means = Means(address, lambda _: lambda *_: ASSUMED, PROCESSES)
    part, stream = RunSimulations(pool, store, means, system_clock, Wakeup(pool)), SIMULATION.stream(name)
    request = Request(name, Asked("shop", SINCE, UNTIL, patch=DOUBLE), now)
    await Handler(store).handle(SIMULATION, stream, request, subject=stream, context=Context(now, now))
    start = time.perf_counter()
    await part.carry_out(name)
    seconds = time.perf_counter() - start
    history = await store.read(stream)
    outcome = SIMULATION.fold(event.event for event in history).outcome
    assert outcome is not None, history[-1].event
    assert (outcome.facts, outcome.members) == (PURCHASES, PATTERNS * COPIES)
    assert outcome.points[0].simulated > outcome.points[0].real > PURCHASES // ORDERS
    told = sum(event.type == "simulation-progressed" for event in history)
    return Found(seconds, {"memory_mib": part.memory / MEBIBYTE, "progress_told": told})


async def _read(pool: asyncpg.Pool) -> float:
    start = time.perf_counter()
    await pool.fetchval(READ_ALL, READ)
    return time.perf_counter() - start
