"""Who may do what with a pool, in whose name, and what it looks like from outside."""

from typing import Any
from uuid import UUID

from services.loyalty.api.promises import promises_by, usual_programme
from services.loyalty.domain.pools.decide import existing
from services.loyalty.domain.pools.decider import POOL
from services.loyalty.domain.pools.pool import Pool
from services.loyalty.domain.pools.process import Sharing
from services.loyalty.domain.programme.document import Document
from shared.errors import Missing
from shared.http import Call


async def load_pool(call: Call, pool_id: str) -> Pool:
    """Return the pool. Raises Missing where there is none."""
    return existing((await call.load(POOL, POOL.stream(pool_id))).state)


async def pool_document(call: Call, pool: Pool) -> Document:
    """Return the document of the pool's programme that counts now."""
    return (await promises_by(call, pool.programme)).at(call.now)


async def members_of(call: Call, customer_id: UUID) -> tuple[str, ...]:
    """Return the ids of all who are one with a customer."""
    return (await call.kit.groups.group(str(customer_id))).members


async def sharing_of(call: Call, pool_id: str) -> Sharing:
    """Return the pool's members as they are now, and who is one with each; members who are one stand there once."""
    pool = await load_pool(call, pool_id)
    groups = {str(member): await members_of(call, member) for member in pool.members}
    return Sharing(pool_id, groups, usual_programme(call))


async def acting(call: Call, pool_id: str, by: UUID | None) -> UUID:
    """Return as which member of the pool the caller acts: as who they name, the token's own, or, for staff, the owner.

    Of merged customers it is the one whom the pool knows. Raises Missing where the caller has nothing to do with it.
    """
    pool = must_see_pool(call, (await call.load(POOL, POOL.stream(pool_id))).state)
    named = by or call.caller.customer or pool.owner
    assert named is not None  # noqa: S101 - a pool that is there has an owner
    call.must_see(named)
    known = {str(member) for member in pool.members} | {*pool.invited}
    ids = (str(named), *await members_of(call, named))
    return UUID(next((one for one in ids if one in known), str(named)))


def must_see_pool(call: Call, pool: Pool, *, invited: bool = True) -> Pool:
    """Return the pool. Raises Missing where there is none, and where the token's customer has nothing to do with it."""
    known = {*map(str, existing(pool).members), *(pool.invited if invited else ())}
    if call.caller.customer is not None and not any(str(who) in known for who in call.caller.customers):
        raise Missing("pool-unknown", "There is no such pool.")
    return pool


def pool_body(call: Call, pool_id: str, pool: Pool) -> dict[str, Any]:
    """Return a pool, for its members."""
    return {
        "pool_id": pool_id,
        "owner": pool.owner,
        "members": pool.members,
        "invited": [{"customer_id": who, "until": until} for who, until in pool.invited.items() if call.now < until],
        "most": pool.most,
        "leaving": pool.leaving,
        "spenders": pool.spenders,
        "closed": pool.closed,
        "programme": pool.programme or usual_programme(call) or None,
    }
