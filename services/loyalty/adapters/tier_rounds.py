"""Books what a tier table makes of everyone's tier once it is in force, page by page, whoever has earned since or not.

How far a round has come is kept with what it booked, so that it goes on from there after a crash, and a table that
comes into force meanwhile begins the next round. What is booked already isn't booked again.
"""

import asyncio
import hashlib

import asyncpg
import msgspec

from services.loyalty.adapters.programme_names import programme_names
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.programme.decider import PROGRAMME
from services.loyalty.domain.programme.programme import Programme
from services.loyalty.domain.tiers.commands import BookTier
from services.loyalty.domain.tiers.decider import ENROLMENT, basis_of
from services.loyalty.domain.tiers.of_programme import tables_of
from services.loyalty.domain.tiers.versions import Tables
from shared.clock import Clock
from shared.errors import Conflict
from shared.policies.work import WorkingSet
from shared.store.contract import Context
from shared.store.postgres import PostgresEventStore
from shared.wakeup import Wakeup

PAGE = 200
"""Members in one transaction; who of them earns meanwhile waits for it, or lets it be tried again."""

LOOK_SECONDS = 15.0
"""How often it is looked whether a table has come into force: a round begins so much later at most."""

BEGIN = """
INSERT INTO tier_round (programme_id, tables, after, done) SELECT $1, $2, '', false
WHERE NOT EXISTS (SELECT FROM tier_round WHERE programme_id = $1 AND tables = $2)
ON CONFLICT (programme_id) DO UPDATE SET tables = $2, after = '', done = false WHERE tier_round.tables <> $2
"""
"""Touches no round that has begun: who has a page of it holds its row, and nobody may have to wait for that."""
OPEN = """
SELECT after FROM tier_round WHERE programme_id = $1 AND tables = $2 AND NOT done FOR UPDATE SKIP LOCKED
"""
KNOWN = "SELECT 1 FROM tier_round WHERE programme_id = $1 AND tables = $2 AND done"
ADVANCE = "UPDATE tier_round SET after = $2, done = $3 WHERE programme_id = $1"
ACCOUNTS = """
SELECT stream_id FROM stream WHERE stream_id > $1 AND starts_with(stream_id, $2) ORDER BY stream_id LIMIT $3
"""


class TierRounds:
    """A worker's part. Several workers share a round: each takes a page when no other has it."""

    def __init__(self, pool: asyncpg.Pool, store: PostgresEventStore, usual: str, clock: Clock, wakeup: Wakeup) -> None:
        self._pool = pool
        self._store = store
        self._usual = usual
        self._clock = clock
        self._wakeup = wakeup

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            if not await self.step():
                await asyncio.sleep(LOOK_SECONDS)

    async def step(self) -> bool:
        """Book a page of members; False where all rounds are over, or in other hands."""
        for name in await programme_names(self._pool):
            programme = await self._programme(name)
            tables = mark_of([item for item in tables_of(programme) if item.since <= self._clock()])
            if tables and not await self._pool.fetchval(KNOWN, name, tables):
                try:
                    if await self._page(name, programme, tables):
                        return True
                except Conflict:
                    return True  # one of them earned meanwhile: the page is decided again
        return False

    async def _programme(self, name: str) -> Programme:
        stream = PROGRAMME.stream(name)
        work = WorkingSet(self._store, self._clock())
        await work.load([stream])
        return work.state(PROGRAMME, stream)

    async def _page(self, name: str, programme: Programme, tables: str) -> bool:
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(BEGIN, name, tables)
            after = await connection.fetchval(OPEN, name, tables)
            if after is None:
                return False
            rows = await connection.fetch(ACCOUNTS, after or ACCOUNT.stream(""), ACCOUNT.stream(""), PAGE)
            accounts = [row[0] for row in rows]
            await self._book(self._store.on(connection), name, programme, accounts)
            await connection.execute(ADVANCE, name, accounts[-1] if accounts else after, len(accounts) < PAGE)
        self._wakeup.signal()
        return True

    async def _book(self, store: PostgresEventStore, name: str, programme: Programme, accounts: list[str]) -> None:
        work = WorkingSet(store, self._clock())
        members = [account.removeprefix(ACCOUNT.stream("")) for account in accounts]
        await work.load([*accounts, *map(ENROLMENT.stream, members)])
        for stream, member in zip(accounts, members, strict=True):
            account = work.state(ACCOUNT, stream)
            if account.customer_id is None or (account.programme or self._usual) != name:
                continue
            command = BookTier(account.customer_id, basis_of(name, programme, account), work.now)
            context = Context(work.now, work.now)
            work.handle(ENROLMENT, ENROLMENT.stream(member), command, subject=member, context=context)
        await work.commit()


def mark_of(tables: Tables) -> str:
    """Return what tells these tables, and since when each is in force, from any others; "" for none."""
    told = msgspec.json.encode([(item.since, item.table) for item in tables])
    return hashlib.sha256(told).hexdigest() if tables else ""
