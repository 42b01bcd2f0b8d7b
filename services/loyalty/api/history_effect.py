"""What a draft would change of history: reckoned over everyone, or over a sample where they are many."""

import asyncio
from collections.abc import Sequence

from services.loyalty.adapters.accounts import sample
from services.loyalty.api.promises import usual_programme
from services.loyalty.domain.earning.budget import BUDGET
from services.loyalty.domain.earning.rulebook import Rulebook
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.knowing import known_of
from services.loyalty.domain.profile.decider import PROFILE
from services.loyalty.domain.profile.known import knowing
from services.loyalty.domain.programme.document import Document
from services.loyalty.domain.programme.preview import Preview
from services.loyalty.domain.programme.programme import Programme, Version
from services.loyalty.domain.revising.effect import Effect, Reckoning
from services.loyalty.domain.tiers.decider import ENROLMENT
from shared.http import Call
from shared.policies.work import WorkingSet

MOST_MEMBERS = 1000
"""More are a sample: a preview answers while somebody waits. What-if simulations look at all."""

PAGE = 50


async def effect_on_history(call: Call, programme: Programme, document: Document, seen: Preview) -> Effect:
    """Return the effect of the version that was previewed, on what is known of members."""
    version = Version(seen.version, seen.effective_from, document, back_dated=True)
    rulebook = Rulebook(Programme((*programme.versions, version)))
    budgets = (await call.load(BUDGET, BUDGET.stream(document.id))).state.used
    reckoning = Reckoning(rulebook, seen.effective_from, budgets)
    found = await sample(call.kit.pool, MOST_MEMBERS)
    for start in range(0, len(found.customers), PAGE):
        page = found.customers[start : start + PAGE]
        await _examine(call, reckoning, rulebook, page)
        await asyncio.sleep(0)  # others are served between two pages
    return reckoning.effect(found.of)


async def _examine(call: Call, reckoning: Reckoning, rulebook: Rulebook, page: Sequence[str]) -> None:
    work = WorkingSet(call.kit.store, call.now)
    await work.load(stream for who in page for stream in _streams(who))
    if rulebook.asks.near_birthday:
        await work.fetch_keys(PROFILE.stream(who) for who in page)

    def examine(who: str) -> None:
        account = work.state(ACCOUNT, ACCOUNT.stream(who))
        if (account.programme or usual_programme(call)) != rulebook.programme_id:
            reckoning.pass_by()
            return
        profile = work.opened(PROFILE, PROFILE.stream(who))
        known = known_of(rulebook, account, work.state(ENROLMENT, ENROLMENT.stream(who)).grants)
        reckoning.examine(who, account.earnings, knowing(profile, rulebook, known, account.earnings))

    for who in page:
        await work.decide(examine, who)


def _streams(who: str) -> tuple[str, ...]:
    return ACCOUNT.stream(who), PROFILE.stream(who), ENROLMENT.stream(who)
