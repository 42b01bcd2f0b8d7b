"""Carries out back-dated versions: judges the known facts again, account by account, from wherever a crash left it."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import asyncpg

from services.loyalty.adapters.accounts import customers_after
from services.loyalty.adapters.programme_names import programme_names
from services.loyalty.domain.earning.rulebook import Rulebook
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.judge_again import JudgeAgain
from services.loyalty.domain.profile.decider import PROFILE
from services.loyalty.domain.programme.decider import PROGRAMME
from services.loyalty.domain.programme.events import ProgrammePublished
from services.loyalty.domain.revising.revision import REVISION, Advance, Finish, RevisionAdvanced, revision_id
from services.loyalty.policies.judging import Judging
from services.loyalty.policies.profiles import note_enrolment
from shared.clock import Clock
from shared.errors import Conflict, Rejected
from shared.handle import Handler
from shared.policies.work import WorkingSet
from shared.relay.leadership import leadership
from shared.store.contract import Context, EventStore, Recorded
from shared.telemetry.log import logger
from shared.wakeup import Wakeup

PAGE = 200
"""Accounts in one transaction."""

SETTLED = timedelta(seconds=60)
"""How long after its publication a version is carried out: no batch still judges then by what it had read before."""

POLL_SECONDS = 1.0

log = logger("revisions")


class Revising:
    """A worker's part: one of all workers does it, under a lock; how far it has come is in the revision's stream."""

    def __init__(self, pool: asyncpg.Pool, store: EventStore, judging: Judging, clock: Clock, wakeup: Wakeup) -> None:
        self._pool, self._store, self._judging = pool, store, judging
        self._clock, self._wakeup = clock, wakeup
        self._handler = Handler(store)
        self._finished: set[str] = set()
        self._rulebooks: dict[str, Rulebook] = {}

    async def run(self) -> None:
        """Work until cancelled."""
        async with leadership(self._pool, "loyalty-revisions"):
            while True:
                await self.catch_up()
                await asyncio.sleep(POLL_SECONDS)

    async def catch_up(self) -> None:
        """Carry out every version that reaches into the past and has settled; what was done isn't done again.

        The first that celebrates anniversaries is one, too: members may have been there before.
        """
        for name in sorted({self._judging.programme, *await programme_names(self._pool)} - {""}):
            await self._programme(name)

    async def _programme(self, name: str) -> None:
        stream = PROGRAMME.stream(name)
        programme = (await self._handler.load(PROGRAMME, stream)).state
        book = self._rulebooks.get(name)
        if book is None or not book.of(programme):
            book = self._rulebooks[name] = Rulebook(programme)
        first = book.introduced("anniversary")
        reaching = {one.number for one in programme.versions if one.back_dated or one.number == first}
        due = {number for number in reaching if revision_id(name, number) not in self._finished}
        for recorded in await self._store.read(stream) if due else ():
            event, settled = recorded.event, recorded.recorded_at + SETTLED <= self._clock()
            if isinstance(event, ProgrammePublished) and event.version in due and settled:
                await self._carry_out(event, recorded)

    async def _carry_out(self, published: ProgrammePublished, recorded: Recorded) -> None:
        name = revision_id(published.programme_id, published.version)
        stream = REVISION.stream(name)
        while True:
            state = (await self._handler.load(REVISION, stream)).state
            if state.finished:
                self._finished.add(name)
                return
            page = await customers_after(self._pool, state.after, PAGE)
            try:
                await self._page(stream, state.after, published, page, recorded.id)
            except Conflict:
                continue  # somebody did something meanwhile: look at it again

    async def _page(
        self, stream: str, after: str, published: ProgrammePublished, page: Sequence[str], cause: str
    ) -> None:
        now = self._clock()
        context, work = Context(now, now, causation=cause), WorkingSet(self._store, now)
        await work.load([stream, PROGRAMME.stream(published.programme_id), *self._judging.usual])
        self._judging.rulebook(work)
        await work.load(name for who in page for name in (PROFILE.stream(who), *self._judging.streams(who)))
        if self._judging.opens(None):
            await work.fetch_keys(ACCOUNT.stream(who) for who in page)
        changed, failed = 0, []
        for who in page:
            try:
                changed += await work.decide(self._again, work, published, who, context)
            except Rejected as refusal:
                failed.append(who)
                log.warning("revision.refused", code=refusal.code, stream=ACCOUNT.stream(who))
        ids = (published.programme_id, published.version)
        if page:
            batch = RevisionAdvanced(
                *ids, published.effective_from, ACCOUNT.stream(page[-1]), len(page), changed, tuple(failed)
            )
            work.handle(REVISION, stream, Advance(after, batch), subject=stream, context=context)
        else:
            work.handle(REVISION, stream, Finish(*ids), subject=stream, context=context)
        await work.commit()
        self._wakeup.signal()

    def _again(self, work: WorkingSet, published: ProgrammePublished, who: str, context: Context) -> bool:
        """Judge a member of the programme again; tell whether anything had to be corrected."""
        account, promises = work.state(ACCOUNT, ACCOUNT.stream(who)), self._judging.promises(work, who)
        if not account.enrolled or promises.programme_id != published.programme_id:
            return False
        since, rulebook = published.effective_from, self._judging.rules_of(work, published.programme_id)
        first = [one.fact.occurred_at for one in account.earnings.in_order[:1]]
        for enrolled_at in [account.enrolled_at] if account.enrolled_at else first:
            note_enrolment(work, self._judging, UUID(who), enrolled_at, context)
        debt = promises.at(since).policies.debt
        command = JudgeAgain(UUID(who), rulebook, work.now, since, debt=debt)
        return bool(self._judging.give(work, command, who, context))
