"""All four services over real databases, in one process: their topics are queues that a test gives out as it likes."""

import json
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import asyncpg
import httpx

from rapport.services import SERVICES, load
from services.scoring.adapters.run_scoring import RunScoring
from services.scoring.settings import ScoringSettings
from shared.consumers.batch import Batch
from shared.consumers.position import Place, Position, Positions
from shared.consumers.wiring import Wiring, wire_up
from shared.handle import Handler
from shared.http.app import create_app
from shared.http.auth import Verifier, development_token
from shared.http.kit import Kit
from shared.migrations import migrate
from shared.policies.policy import RawRecord
from shared.relay.sequence import Sequencer
from shared.runtime.pool import connect
from shared.service import Service
from shared.settings import KernelSettings
from shared.stack.postgres import Postgres, create_database
from shared.store.contract import PARTITIONS
from shared.store.postgres import PostgresEventStore
from shared.testing.clock import SettableClock
from shared.testing.stack import fresh_database
from shared.views.view import View
from shared.wakeup import Wakeup
from shared.wire import Wire

START = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
SETTINGS = KernelSettings(kafka_bootstrap_servers="127.0.0.1:1")
SCOPES = [f"{name}:{right}" for name in SERVICES for right in ("read", "write")] + ["contact:merge"]


@dataclass
class Inbox:
    """What one consumer of one service has yet to take, by partition of each topic."""

    batch: Batch
    topics: frozenset[str]
    places: dict[Place, Position]
    waiting: dict[Place, list[RawRecord]] = field(default_factory=lambda: defaultdict(list))

    async def take(self, dice: random.Random, most: int) -> bool:
        """Take some records, of some partitions; tell whether there were any."""
        records: list[RawRecord] = []
        for _ in range(dice.randrange(1, most + 1)):
            ready = sorted(place for place, queue in self.waiting.items() if queue)
            if ready:
                records.append(self.waiting[dice.choice(ready)].pop(0))
        if records:
            await self.batch.take(records, self.places)
        return bool(records)


@dataclass
class Home:
    """One service in its own database."""

    service: Service
    pool: asyncpg.Pool
    store: PostgresEventStore
    sequencer: Sequencer
    client: httpx.AsyncClient
    inboxes: list[Inbox]
    offsets: dict[int, int] = field(default_factory=lambda: defaultdict(int))

    async def published(self) -> list[RawRecord]:
        """Return what has been recorded since, numbered, as records of the service's topic."""
        wire = Wire(self.service.name)
        records = []
        for item in await self.sequencer.next_batch(10_000):
            key, value, _, headers = wire.record(item.seq, item.row)
            records.append(
                RawRecord(self.service.topic, item.partition, self.offsets[item.partition], key, headers, value)
            )
            self.offsets[item.partition] += 1
        return records

    async def rows(self, view: View[Any]) -> list[dict[str, Any]]:
        """Return the rows of a view."""
        found = await self.pool.fetch(f"SELECT to_jsonb(t)::text FROM {view.table.name} t")
        return [json.loads(row[0]) for row in found]


class World:
    """The four services, a clock, and dice that decide which event arrives when."""

    def __init__(self, homes: dict[str, Home], clock: SettableClock, dice: random.Random) -> None:
        self.homes = homes
        self.clock = clock
        self.dice = dice

    async def ask(self, service: str, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """Call a service's API; the clock then moves on by a second."""
        self.clock.advance(timedelta(seconds=1))
        client = self.homes[service].client
        return await client.request(
            method, path, json=body, headers={k.replace("_", "-"): v for k, v in headers.items()}
        )

    def tick(self) -> None:
        """Move the clock on by a second."""
        self.clock.advance(timedelta(seconds=1))

    async def some(self, most: int = 20) -> None:
        """Let some events arrive somewhere, in some order."""
        for inbox in self.dice.sample(await self._inboxes(), 3):
            await inbox.take(self.dice, most)

    async def all(self, most: int = 50) -> None:
        """Let everything arrive, and all that follows from it, in some order."""
        busy = True
        while busy:
            inboxes = await self._inboxes()
            self.dice.shuffle(inboxes)
            busy = any([await inbox.take(self.dice, most) for inbox in inboxes])

    async def _inboxes(self) -> list[Inbox]:
        inboxes = [inbox for home in self.homes.values() for inbox in home.inboxes]
        for home in self.homes.values():
            for record in await home.published():
                for inbox in inboxes:
                    if record.topic in inbox.topics:
                        inbox.waiting[record.topic, record.partition].append(record)
        return inboxes

    async def score(self, run_id: UUID) -> None:
        """Score all customers."""
        await self.ask("scoring", "PUT", f"/v1/runs/{run_id}")
        await self.all()
        home = self.homes["scoring"]
        own = cast("ScoringSettings", home.service.settings.model_validate({"database_url": "postgresql://unused"}))
        await RunScoring(home.pool, home.store, own.currency, own.rule, self.clock, Wakeup(home.pool)).carry_out(run_id)
        await self.all()

    async def shown(self) -> dict[str, Sequence[str]]:
        """Return every row of every view of every service as text, in order, but for what merging itself tells."""
        return {
            f"{name}.{view.name}": sorted(_text(row) for row in await home.rows(view) if not _of_merging(row))
            for name, home in self.homes.items()
            for view in home.service.views
        }


TOLD = {"customers-merged", "merge-undone", "customer-absorbed", "absorption-ended"}
NUMBERS = {"number", "event_id", "recorded_at"}
"""Where an event stands among others, and when it came there: facts about merging stand between them."""


def _of_merging(row: dict[str, Any]) -> bool:
    """Tell whether the row is about a merge, or about a scoring run for which a merge asked."""
    return row.get("type") in TOLD or row.get("because") is not None


def _text(row: dict[str, Any]) -> str:
    """Return the row without what says when it was judged, and where it stands among others."""
    kept = {column: value for column, value in row.items() if column not in NUMBERS}
    if isinstance(kept.get("data"), dict):
        kept["data"] = {name: value for name, value in kept["data"].items() if name != "judged_at"}
    return json.dumps(kept, sort_keys=True)


@asynccontextmanager
async def world(postgres: Postgres, seed: int) -> AsyncIterator[World]:
    """Give a world of its own, with nobody in it."""
    clock = SettableClock(START)
    async with AsyncExitStack() as stack:
        homes = {}
        for name in SERVICES:
            url = await stack.enter_async_context(fresh_database(postgres, template=await _template(postgres, name)))
            pool = await connect(url, size=4)
            stack.push_async_callback(pool.close)
            homes[name] = await _home(load(name), pool, clock)
            stack.push_async_callback(homes[name].client.aclose)
        yield World(homes, clock, random.Random(seed))


_templates: set[str] = set()


async def _template(postgres: Postgres, name: str) -> str:
    """Return a database in which the service's migrations have run; they run once for each test run."""
    made = f"template_{name}"
    if made not in _templates:
        await create_database(postgres.url("postgres"), made)
        await migrate(load(name), postgres.url(made))
        _templates.add(made)
    return made


async def _home(service: Service, pool: asyncpg.Pool, clock: SettableClock) -> Home:
    store = PostgresEventStore(pool, service.publishes, clock)
    sequencer = Sequencer(pool, range(PARTITIONS))
    await sequencer.lead()
    own = service.settings.model_validate({"database_url": "postgresql://unused"})
    kit = Kit(service, SETTINGS, own, store, Handler(store), pool, Wakeup(pool), clock, Verifier(SETTINGS))
    token = development_token(SETTINGS, SCOPES, subject="agent-7")
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(create_app(service, kit)),
        base_url=f"http://{service.name}",
        headers={"Authorization": f"Bearer {token}"},
    )
    inboxes = [await _inbox(wiring, pool, clock) for wiring in wire_up(service, SETTINGS, store, clock)]
    return Home(service, pool, store, sequencer, client, inboxes)


async def _inbox(wiring: Wiring, pool: asyncpg.Pool, clock: SettableClock) -> Inbox:
    sources: dict[str, Any] = {source.topic: source for source in wiring.sources}
    places = [(topic, partition) for topic in sources for partition in range(PARTITIONS)]
    taken = dict(await Positions(wiring.name).take(pool, places))
    batch = Batch(wiring.name, pool, wiring.handlers, sources, clock, lambda: None)
    return Inbox(batch, frozenset(sources), taken)
