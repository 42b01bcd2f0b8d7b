"""Household pools: open one, invite and join, leave, dissolve; show what is in it; list them."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from services.loyalty.api.access import Reading, Writing
from services.loyalty.api.deciding import Deciding
from services.loyalty.api.membership import canonical
from services.loyalty.api.promises import promised_in, usual_programme
from services.loyalty.api.reward_drafts import NAME
from services.loyalty.api.sharing import (
    acting,
    load_pool,
    members_of,
    must_see_pool,
    pool_body,
    pool_document,
    sharing_of,
)
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.pools import membership
from services.loyalty.domain.pools.belonging import is_foreign
from services.loyalty.domain.pools.commands import EndInvitation, InviteToPool
from services.loyalty.domain.pools.decider import POOL
from services.loyalty.domain.pools.household import HOUSEHOLD
from services.loyalty.domain.pools.rules import PoolRules
from services.loyalty.domain.pools.spending import Person, pooled
from services.loyalty.domain.streams import Streams
from services.loyalty.views.pools import POOLS
from shared.errors import Missing
from shared.http import Answer, Call, Listing, described, documented
from shared.http.consistency import token_of
from shared.merging import group
from shared.policies.work import WorkingSet

router = APIRouter(prefix="/v1", tags=["pools"])

PoolId = Annotated[str, Path(pattern=NAME, description="Chosen by whoever opens the pool.")]

POOL_LIST = Listing(
    POOLS,
    ("customer_id", "members", "leaving", "spenders", "created_at", "spends", "last_spent_at", "closed_at"),
    ("-created_at", "created_at", "-members", "-last_spent_at"),
)


class Acting(BaseModel):
    """In whose name it is done."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{}]})

    by: UUID | None = Field(
        default=None, description="By default the customer whose token it is; for the staff, the pool's owner."
    )


class PoolDraft(BaseModel):
    """A pool to open, under the rules that its owner's programme has now."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"pool_id": "bergs", "owner": "01a20db2-d109-7179-85d7-a28579cd97c0"}]},
    )

    pool_id: str | None = Field(default=None, pattern=NAME, description="A new one by default.")
    owner: UUID = Field(description="Its first member, who invites the others.")


class InvitationDraft(Acting):
    """Someone to invite."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"customer_id": "01a20db2-d109-7179-85d7-a28579cd97c1"}]},
    )

    customer_id: UUID


@router.post("/pools", status_code=201, responses=documented(200, 404))
async def create_pool(draft: PoolDraft, call: Writing) -> Response:
    """Open a pool, by its owner's programme. They are its first member; who is in another pool leaves that first."""
    call.must_see(draft.owner)
    pool_id = draft.pool_id or str(call.new_id())
    ids = await members_of(call, draft.owner)

    def step(on: Streams) -> Sequence[Any]:
        promises = promised_in(call, on, draft.owner)
        rules = promises.at(call.now).pools
        return membership.create(on, pool_id, draft.owner, ids, rules, promises.programme_id)

    return await _step(call, pool_id, ids, step)


@router.get("/pools", openapi_extra=described(POOL_LIST))
async def list_pools(call: Reading) -> Response:
    """List pools, the newest first; a customer's own token sees those that it owns."""
    return await POOL_LIST.page(call)


@router.get("/pools/{pool_id}", responses=documented(304, 404))
async def show_pool(pool_id: PoolId, call: Reading) -> Response:
    """Show who is in a pool, who is invited, and its rules: to its members, and to who is invited."""
    loaded = await call.load(POOL, POOL.stream(pool_id))
    pool = must_see_pool(call, loaded.state)
    return call.answer(pool_body(call, pool_id, pool), version=loaded.version)


@router.get("/pools/{pool_id}/balance", responses=documented(404))
async def show_pool_balance(pool_id: PoolId, call: Reading) -> Response:
    """Show what the pool can spend of each currency, and how much of it each member gives, or why nothing."""
    sharing = await sharing_of(call, pool_id)
    pool = (await call.load(POOL, POOL.stream(pool_id))).state
    must_see_pool(call, pool, invited=False)
    persons = []
    for member, ids in sharing.groups.items():
        accounts = {who: (await call.load(ACCOUNT, ACCOUNT.stream(who))).state for who in ids}
        others = [who for who in ids if UUID(who) not in pool.members]
        homes = [(await call.load(HOUSEHOLD, HOUSEHOLD.stream(who))).state.pool_id for who in others]
        elsewhere = any(home not in (None, pool_id) for home in homes)
        persons.append(Person(member, accounts, elsewhere, is_foreign(pool, accounts.values(), sharing.usual)))
    currencies = (await pool_document(call, pool)).declared().spendable
    return call.answer(_balance_body(pool_id, persons, call.now, currencies))


@router.get("/members/{customer_id}/pool", responses=documented(304, 404))
async def show_members_pool(customer_id: UUID, call: Reading) -> Response:
    """Show the pool that a member is in; 404 where they are in none."""
    call.must_see(customer_id)
    found = await group(call.kit.pool, str(customer_id))
    for who in dict.fromkeys((str(customer_id), *found.members)):
        home = (await call.load(HOUSEHOLD, HOUSEHOLD.stream(who))).state.pool_id
        if home is not None:
            pool = (await call.load(POOL, POOL.stream(home))).state
            headers = canonical(call, customer_id, UUID(found.root))
            return call.answer(pool_body(call, home, pool), headers=headers)
    raise Missing("not-in-a-pool", "The member is in no pool.")


@router.post("/pools/{pool_id}/invitations", status_code=201, responses=documented(200, 404))
async def invite_to_pool(pool_id: PoolId, draft: InvitationDraft, call: Writing) -> Response:
    """Invite someone, by the pool's owner; an invitation stands for as long as the programme says."""
    by = await acting(call, pool_id, draft.by)
    rules = (await pool_document(call, await load_pool(call, pool_id))).pools or PoolRules()
    until = call.now + timedelta(days=rules.invitation_days)
    command = InviteToPool(pool_id, by, draft.customer_id, until, call.now)
    return await _step(call, pool_id, (), lambda streams: _ask(streams, pool_id, command))


@router.post("/pools/{pool_id}/invitations/{customer_id}/acceptance", status_code=201, responses=documented(200, 404))
async def join_pool(pool_id: PoolId, customer_id: UUID, call: Writing) -> Response:
    """Join a pool of one's own programme, as who was invited: from now on the pool can spend their points."""
    call.must_see(customer_id)
    ids = await members_of(call, customer_id)
    pool, usual = await load_pool(call, pool_id), usual_programme(call)
    who = next((UUID(one) for one in (str(customer_id), *ids) if one in pool.invited), customer_id)
    return await _step(call, pool_id, ids, lambda streams: membership.join(streams, pool_id, who, ids, call.now, usual))


@router.post("/pools/{pool_id}/invitations/{customer_id}/end", status_code=201, responses=documented(200, 404))
async def end_invitation(pool_id: PoolId, customer_id: UUID, draft: Acting, call: Writing) -> Response:
    """Decline an invitation, or withdraw it as the pool's owner."""
    by = await acting(call, pool_id, draft.by)
    command = EndInvitation(pool_id, by, customer_id)
    return await _step(call, pool_id, (), lambda streams: _ask(streams, pool_id, command))


@router.post("/pools/{pool_id}/members/{customer_id}/departure", status_code=201, responses=documented(200, 404))
async def leave_pool(pool_id: PoolId, customer_id: UUID, draft: Acting, call: Writing) -> Response:
    """Leave, or let a member go as the pool's owner. By the pool's rule their points go along, or to its owner."""
    by = await acting(call, pool_id, draft.by or (None if call.caller.customer else customer_id))
    ids = await members_of(call, customer_id)
    pool = await load_pool(call, pool_id)
    who = next((one for one in pool.members if str(one) in ids), customer_id)
    declared = (await pool_document(call, pool)).declared()
    leaver = membership.Leaver(who, ids, declared, call.now, usual_programme(call))
    return await _step(call, pool_id, ids, lambda streams: membership.leave(streams, pool_id, by, leaver))


@router.post("/pools/{pool_id}/dissolution", status_code=201, responses=documented(200, 404))
async def dissolve_pool(pool_id: PoolId, draft: Acting, call: Writing) -> Response:
    """Dissolve a pool, by its owner: each member has what is theirs."""
    by = await acting(call, pool_id, draft.by)
    return await _step(call, pool_id, (), lambda streams: membership.dissolve(streams, pool_id, by))


def _ask(streams: Streams, pool_id: str, command: InviteToPool | EndInvitation) -> Sequence[Any]:
    return streams.ask(POOL, pool_id, command, POOL.stream(pool_id))


async def _step(call: Call, pool_id: str, ids: Sequence[str], step: Callable[[Streams], Sequence[Any]]) -> Response:
    """Take a step over the pool and the streams of those concerned, and answer the pool as it is then."""
    stream = POOL.stream(pool_id)
    accounts = [ACCOUNT.stream(who) for who in ids]

    def decide(work: WorkingSet) -> Answer:
        streams = Deciding(work, call.context())
        events = step(streams)
        headers = {"Location": f"/v1/pools/{pool_id}", "Consistency-Token": token_of(stream, work.version(stream))}
        return Answer(pool_body(call, pool_id, streams.state(POOL, pool_id)), 201 if events else 200, headers)

    return await call.work([stream, *accounts, *map(HOUSEHOLD.stream, ids)], decide, personal=accounts)


def _balance_body(pool_id: str, persons: Sequence[Person], now: datetime, currencies: Sequence[str]) -> dict[str, Any]:
    return {
        "pool_id": pool_id,
        "balances": [{"currency": code, "balance": pooled(persons, now, code)} for code in currencies],
        "members": [
            {
                "customer_id": person.member,
                "standing": person.standing,
                "gives": [{"currency": code, "points": person.gives(now, code)} for code in currencies],
            }
            for person in persons
        ],
    }
