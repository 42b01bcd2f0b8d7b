"""Spends of a pool: over the lots of all its members, once for each spend id, and taken back as a whole."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import ConfigDict

from services.loyalty.api.access import Writing
from services.loyalty.api.deciding import Deciding
from services.loyalty.api.movements import Name, Points, PointsCurrency, Reason
from services.loyalty.api.pools import Acting, PoolId
from services.loyalty.api.promises import currency_among, promises_by
from services.loyalty.api.sharing import acting, load_pool, members_of, must_see_pool, pool_document, sharing_of
from services.loyalty.api.watched import by_programme, watched, watching_of
from services.loyalty.domain.abuse.acts import Act, Kind
from services.loyalty.domain.ledger.commands import Spend
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.pools import process
from services.loyalty.domain.pools.decider import POOL
from services.loyalty.domain.pools.noting import spend_of
from services.loyalty.policies.watching import Watching, look
from shared.http import Answer, Call, documented
from shared.http.consistency import token_of
from shared.policies.work import WorkingSet

router = APIRouter(prefix="/v1/pools/{pool_id}/spends", tags=["pools"])

SpendId = Annotated[str, Path(pattern=r"^[!-~]{1,255}$")]


class PoolSpending(Acting):
    """Points to be spent from a pool."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"spend_id": "s-1", "points": 4000, "reason": "a trip"}]}
    )

    spend_id: Name
    points: Points
    reason: Reason
    currency: str | None = PointsCurrency


@router.post("", status_code=201, responses=documented(200, 404))
async def spend_from_pool(pool_id: PoolId, spending: PoolSpending, call: Writing) -> Response:
    """Spend from a pool: points that expire first go first, whoever's they are. Answers 409 where it has too few."""
    by = await acting(call, pool_id, spending.by)
    sharing = await sharing_of(call, pool_id)
    promises = await promises_by(call, (await load_pool(call, pool_id)).programme)
    watching = by_programme(watching_of(call, by, await members_of(call, by)), promises)
    declared = promises.at(call.now).declared()
    currency = currency_among(declared, spending.currency)
    asked = (by, spending.spend_id, spending.points, spending.reason, call.now, None, currency)
    command = Spend(*asked, declared)
    owners = dict.fromkeys(owner for ids in sharing.groups.values() for owner in ids)
    accounts = [ACCOUNT.stream(owner) for owner in owners]

    def step(work: WorkingSet) -> Sequence[Any]:
        events = process.spend(Deciding(work, call.context()), sharing, by, command)
        if events:
            _look(work, watching, pool_id, command, call)
        return events

    return await watched(call, lambda: _step(call, pool_id, command.spend_id, (*accounts, *watching.streams), step))


@router.post("/{spend_id}/reversal", status_code=201, responses=documented(200, 404))
async def reverse_pool_spend(pool_id: PoolId, spend_id: SpendId, draft: Acting, call: Writing) -> Response:
    """Take a spend of the pool back, by who made it or by the pool's owner: each has their own part back."""
    by = await acting(call, pool_id, draft.by)
    pool = must_see_pool(call, await load_pool(call, pool_id))
    known = spend_of(pool, spend_id)
    accounts = [ACCOUNT.stream(owner) for owner in known.parts]
    lapse = (await pool_document(call, pool)).policies.lapse

    def step(work: WorkingSet) -> Sequence[Any]:
        return process.take_back(Deciding(work, call.context()), pool_id, by, spend_id, call.now, lapse)

    return await _step(call, pool_id, spend_id, accounts, step)


async def _step(
    call: Call,
    pool_id: str,
    spend_id: str,
    others: Sequence[str],
    step: Callable[[WorkingSet], Sequence[Any]],
) -> Response:
    """Take a step over the pool and the accounts; who wants the same pool at once waits in a line."""
    stream = POOL.stream(pool_id)
    personal = [name for name in others if name.startswith(f"{ACCOUNT.name}-")]

    def decide(work: WorkingSet) -> Answer:
        events = step(work)
        pool = work.state(POOL, stream)
        body = {**_spend_body(pool_id, spend_id, pool.spends[spend_id]), "reversed": spend_id in pool.reversed}
        headers = {"Consistency-Token": token_of(stream, work.version(stream))}
        return Answer(body, 201 if events else 200, headers)

    return await call.work([stream, *others], decide, personal=personal, line=stream)


def _spend_body(pool_id: str, spend_id: str, spent: Any) -> dict[str, Any]:
    return {
        "pool_id": pool_id,
        "spend_id": spend_id,
        "by": spent.customer_id,
        "points": spent.points,
        "currency": spent.points_currency,
        "parts": [{"customer_id": owner, "points": points} for owner, points in spent.parts.items()],
    }


def _look(work: WorkingSet, watching: Watching, pool_id: str, command: Spend, call: Call) -> None:
    """Judge the spend, as the member's who made it; under a name that none of their own spends has."""
    if watching.programme:
        name = process.name_of(pool_id, command.spend_id)
        look(work, watching, Act(Kind.REDEMPTION, name, call.now, command.points), call.context())
