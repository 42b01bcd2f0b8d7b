"""Scoring as a whole without Kafka: contact's events come in, policies and views take them, runs are carried out."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg

from services.scoring.adapters.run_scoring import RunScoring
from services.scoring.adapters.waiting_runs import pending
from services.scoring.contracts.merges import CustomersMerged, MergeUndone
from services.scoring.domain.pyramid import Rule
from services.scoring.domain.run import RUN, RequestRun
from services.scoring.policies.merges import RESCORING
from services.scoring.policies.purchases import PURCHASES
from services.scoring.service import SERVICE
from shared.consumers.handler import Item
from shared.consumers.wiring import wire_up
from shared.handle import Handler
from shared.policies.work import WorkingSet
from shared.store.contract import Context, Recorded
from shared.store.postgres import PostgresEventStore
from shared.testing.clock import SettableClock
from shared.views.rows import Rows
from shared.wakeup import Wakeup
from tests.scoring.conftest import SETTINGS
from tests.scoring.following import RECORD, everything


def merge(number: int, child: UUID, into: UUID, at: Any, *, undone: bool = False) -> Recorded:
    """Return contact's event that merges two customers, or takes it back."""
    event = (MergeUndone if undone else CustomersMerged)(UUID(int=number), child, into)
    name = "merge-undone" if undone else "customers-merged"
    stream = f"customer-{child}"
    version = 2 * number + 2 + undone
    return Recorded("contact", stream, version, 1, 0, str(child), name, 1, event, b"", at, at, {})


class Living:
    """One scoring service; its clock stands until it is moved."""

    def __init__(self, pool: asyncpg.Pool, store: PostgresEventStore, clock: SettableClock) -> None:
        self.pool, self.store, self.clock = pool, store, clock
        *_, self.views = wire_up(SERVICE, SETTINGS, store, clock)
        self.seen: set[str] = set()
        self.runs = 0

    async def take(self, *events: Recorded, views: bool = True) -> None:
        """Take events of contact in: the policies decide, and the views follow (unless they are behind)."""
        work = WorkingSet(self.store, self.clock())
        for event in events:
            for policy in (PURCHASES, RESCORING):
                if policy.source.topic == SERVICE.topic or not _reads(policy, event):
                    continue
                await work.load(policy.needs(event))
                with work.whole():
                    policy.react(work, event)
        await work.commit()
        if views:
            await self.follow(*events)

    async def follow(self, *events: Recorded) -> None:
        """Bring the views up to date with these events of contact and with all of scoring's own."""
        own = [event for event in await everything(self.pool, self.store) if event.id not in self.seen]
        self.seen |= {event.id for event in own}
        connection: Any  # a pool gives out proxies of connections
        async with self.pool.acquire() as connection, connection.transaction():
            for handler in self.views.handlers:
                items = [(key, Item(RECORD, event)) for event in (*events, *own) if (key := handler.key(event))]
                assert not items or await handler.apply(connection, items, frozenset()) == []

    async def carry_out(self) -> None:
        """Carry out every run that may begin."""
        await self.follow()
        runs = RunScoring(self.pool, self.store, "USD", Rule(), self.clock, Wakeup(self.pool))
        for run_id in await pending(self.pool):
            await runs.carry_out(run_id)
        await self.follow()

    async def score(self) -> UUID:
        """Ask for a run about everyone, and carry it out with whatever else is waiting."""
        self.runs += 1
        self.clock.advance(timedelta(minutes=1))
        run_id, now = UUID(int=7000 + self.runs), self.clock()
        stream, command = RUN.stream(run_id), RequestRun(run_id, None, now.date())
        await Handler(self.store).handle(RUN, stream, command, subject=stream, context=Context(now, now))
        await self.carry_out()
        return run_id

    async def rows(self) -> dict[str, dict[Any, Any]]:
        """Return what every view shows, by view and key."""
        return {
            view.name: {row[0]: Rows(view).row(row) for row in await self.pool.fetch(Rows(view).select_all)}
            for view in SERVICE.views
        }


def _reads(policy: Any, event: Recorded) -> bool:
    """Tell whether the policy's catalogue reads the event, as its consumer would."""
    catalogues = {PURCHASES.name: ("purchase-recorded",), RESCORING.name: ("customers-merged", "merge-undone")}
    return event.type in catalogues[policy.name]
