"""Carries out the simulations that were asked for, one at a time: live state is only read, and only of one snapshot."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
from msgspec import Struct

from services.loyalty.adapters.account_pages import pages, snapshot, unhurried, versions_of
from services.loyalty.adapters.lot_movements import movements_of_cohorts
from services.loyalty.adapters.players import Broken, Game, Players
from services.loyalty.adapters.waiting_simulations import waiting
from services.loyalty.domain.liability.liability import Assumed
from services.loyalty.domain.programme.programme import Programme
from services.loyalty.domain.what_if.alternative import alternative_of
from services.loyalty.domain.what_if.asked import Asked
from services.loyalty.domain.what_if.events import SimulationFailed, SimulationFinished, SimulationProgressed
from services.loyalty.domain.what_if.outcome import Outcome, outcome_of
from services.loyalty.domain.what_if.simulation import SIMULATION, Advance, Command, Simulation, Start
from services.loyalty.domain.what_if.tally import Calendar
from shared.clock import Clock
from shared.errors import Invalid
from shared.handle import Handler
from shared.http.moments import Asked as AsOf
from shared.runs import one_at_a_time, passes
from shared.store.contract import Context, EventStore
from shared.telemetry.log import logger
from shared.wakeup import Wakeup

LOOK_SECONDS = 0.5
"""How often it is looked whether a simulation was called off."""

TELL_SECONDS = 2.0
LEAST_PROGRESS = 0.05
"""Progress is written down when so much more is done, and no more often than that."""

MOMENT = timedelta(microseconds=1)

log = logger("simulations")


class Means(Struct, frozen=True):
    """What simulations are carried out with: what is assumed of a programme's points, and how many processes."""

    database_url: str
    assumed: Callable[[Programme], Assumed]
    processes: int = 2


class RunSimulations:
    """A worker's part: one of all workers carries out simulations, under a lock; each step is in its stream."""

    def __init__(self, pool: asyncpg.Pool, store: EventStore, means: Means, clock: Clock, wakeup: Wakeup) -> None:
        self._pool = pool
        self._handler = Handler(store)
        self._means = means
        self._clock = clock
        self._wakeup = wakeup
        self._done = 0.0
        self.memory = 0

    async def run(self) -> None:
        """Work until cancelled."""
        await one_at_a_time(self._pool, "loyalty-simulations", waiting, self.carry_out)

    async def carry_out(self, simulation_id: UUID) -> None:
        """Play the simulation and keep what came of it, unless it is over; after a crash it is played anew.

        Nothing but its own stream is written, so that whatever a crash left undone can be done again.
        """
        simulation = (await self._handler.load(SIMULATION, SIMULATION.stream(simulation_id))).state
        if simulation.requested is None or simulation.is_over:
            return
        simulation = await self._handle(simulation_id, Start(simulation_id))
        if simulation.is_over or simulation.requested is None:
            return
        self._done = 0.0
        try:
            outcome = await self._unless_cancelled(simulation_id, self._played(simulation.requested.asked))
        except (Invalid, Broken) as error:
            await self._fail(simulation_id, str(error))
        except Exception as error:
            if passes(error):
                raise
            log.exception("simulation.failed", simulation_id=str(simulation_id))
            await self._fail(simulation_id, f"the program failed: {type(error).__name__}")
        else:
            if outcome is not None:
                await self._handle(simulation_id, Advance(SimulationFinished(simulation_id, outcome)))

    async def _unless_cancelled(self, simulation_id: UUID, playing: Coroutine[Any, Any, Outcome]) -> Outcome | None:
        """Return the outcome; None, and nothing of it runs any more, where the simulation was called off meanwhile."""
        work = asyncio.create_task(playing)
        told_at, told = asyncio.get_running_loop().time(), 0.0
        try:
            while not (await asyncio.wait({work}, timeout=LOOK_SECONDS))[0]:
                loaded = await self._handler.load(SIMULATION, SIMULATION.stream(simulation_id))
                if loaded.state.is_over:
                    return None
                now, done = asyncio.get_running_loop().time(), round(self._done, 3)
                if done >= told + LEAST_PROGRESS and now >= told_at + TELL_SECONDS:
                    told_at, told = now, done
                    await self._handle(simulation_id, Advance(SimulationProgressed(simulation_id, done)))
            return work.result()
        finally:
            work.cancel()
            await asyncio.wait({work})

    async def _played(self, asked: Asked) -> Outcome:
        means = self._means
        players = Players(means.processes, self._tell)
        async with unhurried(means.database_url) as pool:
            async with snapshot(pool) as (connection, name):
                versions = await versions_of(connection, asked.programme_id)
                alternative = alternative_of(asked, versions.programme, self._clock())
                game = Game(means.database_url, name, alternative, versions.places, await pages(connection))
                tally = await players.play(game)
            last, zone = asked.until - MOMENT, alternative.zone
            moved = await movements_of_cohorts(pool, AsOf(last, now=last), zone)
        self.memory = players.memory
        how = (Calendar(zone).month(last), means.assumed(versions.programme))
        # Triangles of many years take a while; other parts needn't wait for them.
        return await asyncio.to_thread(outcome_of, tally, moved, *how)

    def _tell(self, done: float) -> None:
        self._done = done

    async def _fail(self, simulation_id: UUID, reason: str) -> None:
        await self._handle(simulation_id, Advance(SimulationFailed(simulation_id, reason)))

    async def _handle(self, simulation_id: UUID, command: Command) -> Simulation:
        now, stream = self._clock(), SIMULATION.stream(simulation_id)
        context = Context(now, now, correlation=str(simulation_id), causation=f"{stream}@1")
        outcome = await self._handler.handle(SIMULATION, stream, command, subject=stream, context=context)
        self._wakeup.signal()
        return outcome.state
