"""Erasing a customer, step by step; from wherever it broke off it goes on, since each step may be done again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

import asyncpg

from services.contact.adapters.erasures import ErasureRow, Erasures, Step
from services.contact.domain.customer import CUSTOMER
from services.contact.domain.erasure import Erasure, FinishErasure
from services.contact.domain.identity import IDENTITY, ReleaseIdentifier
from shared.clock import Clock
from shared.consumers.parking_lot import ParkingLot
from shared.handle import Handler
from shared.privacy.cutting import cut
from shared.store.contract import Context
from shared.store.postgres import PostgresEventStore
from shared.telemetry.log import logger

log = logger("erasing")

PAUSE_SECONDS = 1.0
TURN_SECONDS = 0.2
FORGOTTEN = timedelta(minutes=1)
"""How long a note may stand without its fact: the process that wrote it must have ended in between."""

ONE_AT_A_TIME = "SELECT pg_try_advisory_lock(hashtext('rapport.erasing'))"
THE_NEXT_MAY = "SELECT pg_advisory_unlock(hashtext('rapport.erasing'))"
LONG_SILENCE = "SET idle_session_timeout = '15min'"
"""While the others are waited for, nothing is said on the session that holds the lock."""
AS_USUAL = "RESET idle_session_timeout"

Tell = Callable[[ErasureRow, Step], None]


class Erasing:
    """Carries erasures out; `topics` maps each topic from outside to the consumer that takes it in."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        store: PostgresEventStore,
        bootstrap_servers: str,
        topics: Mapping[str, str],
        clock: Clock,
    ) -> None:
        self._pool = pool
        assert store.vault is not None, "without keys there is nothing to destroy"  # noqa: S101 - a caller's mistake
        self._vault = store.vault
        self._bootstrap = bootstrap_servers
        self._topics = topics
        self._clock = clock
        self._erasures = Erasures(pool)
        self._handler = Handler(store, cached=100)
        self._parked = ParkingLot(pool, (), clock, store.vault)

    async def run(self) -> None:
        """Carry out whatever is asked for, until cancelled. Any number of workers may; one at a time does."""
        while True:
            for row in await self._erasures.waiting():
                try:
                    await self.carry_out(row.customer_id)
                except Exception as error:
                    log.warning("erasure.waits", customer=str(row.customer_id), error=type(error).__name__)
                    await self._erasures.troubled(row.customer_id, f"{type(error).__name__}: it is tried again")
            await asyncio.sleep(PAUSE_SECONDS)

    async def carry_out(self, customer_id: UUID, tell: Tell = lambda _row, _step: None) -> ErasureRow | None:
        """Do what is left of an erasure, and return it; None where nobody asked for one.

        Raises what an outage raises; everything that was done until then stays done.
        """
        async with self._alone():
            row = await self._erasures.find(customer_id)
            if row is None or row.finished_at or not await self._asked_for(row):
                return row
            for step, do in self._steps():
                tell(row, step)
                await self._erasures.reached(row.customer_id, step)
                await do(row)
            await self._erasures.finished(row.customer_id, self._clock())
            log.info("erasure.done", customer=str(row.customer_id), members=len(row.members))
            return await self._erasures.find(customer_id)

    def _steps(self) -> tuple[tuple[Step, Callable[[ErasureRow], Awaitable[None]]], ...]:
        """Identifiers first, so that nobody new is taken for the old one; last the fact that says all is done."""
        return (
            (Step.IDENTIFIERS, self._release),
            (Step.KEYS, self._destroy),
            (Step.PARKED, self._empty),
            (Step.TOPICS, self._cut),
            (Step.FACTS, self._finish),
        )

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        while True:
            async with self._pool.acquire() as connection:
                if await connection.fetchval(ONE_AT_A_TIME):
                    await connection.execute(LONG_SILENCE)
                    try:
                        yield
                    finally:
                        await connection.execute(AS_USUAL)
                        await connection.execute(THE_NEXT_MAY)
                    return
            await asyncio.sleep(TURN_SECONDS)

    async def _asked_for(self, row: ErasureRow) -> bool:
        loaded = [await self._handler.load(CUSTOMER, CUSTOMER.stream(member)) for member in row.members]
        if any(item.state.erasure is not Erasure.NONE for item in loaded):
            return True
        if row.requested_at < self._clock() - FORGOTTEN:
            await self._erasures.drop(row.customer_id)
        return False

    async def _release(self, row: ErasureRow) -> None:
        for item in await self._erasures.identifiers(row.members):
            command = ReleaseIdentifier(item.customer_id, item.type, item.keyed_hash)
            subject = str(item.customer_id)
            await self._handler.handle(IDENTITY, item.stream, command, subject=subject, context=self._context())

    async def _destroy(self, row: ErasureRow) -> None:
        await self._vault.destroy([str(member) for member in row.members])
        await self._vault.forget(await self._identities(row))

    async def _empty(self, row: ErasureRow) -> None:
        await self._parked.empty([*map(str, row.members), *await self._identities(row)], "erasure")

    async def _identities(self, row: ErasureRow) -> list[str]:
        """Return the identity streams that nobody else has claimed since."""
        found = []
        for item in await self._erasures.identifiers(row.members):
            owner = (await self._handler.load(IDENTITY, item.stream)).state.customer_id
            if owner is None or owner in row.members:
                found.append(item.stream)
        return found

    async def _cut(self, _: ErasureRow) -> None:
        for topic, consumer in self._topics.items():
            await cut(self._bootstrap, topic, self._pool, consumer)

    async def _finish(self, row: ErasureRow) -> None:
        """Look once more: what was on its way when it began has arrived by now."""
        await self._release(row)
        await self._destroy(row)
        await self._empty(row)
        for member in row.members:
            stream, command = CUSTOMER.stream(member), FinishErasure(member)
            await self._handler.handle(CUSTOMER, stream, command, subject=str(member), context=self._context())

    def _context(self) -> Context:
        now = self._clock()
        return Context(now, now, causation="erasure")
