"""Which events obey a command to a pool; a repeat gives none, a contradiction is refused."""

from collections.abc import Sequence
from typing import assert_never
from uuid import UUID

from services.loyalty.domain.pools.commands import (
    Command,
    CreatePool,
    EndInvitation,
    InviteToPool,
    JoinPool,
    LeavePool,
)
from services.loyalty.domain.pools.events import (
    Event,
    Leaving,
    PoolClosed,
    PoolCreated,
    PoolInvitationEnded,
    PoolInvited,
    PoolJoined,
    PoolLeft,
)
from services.loyalty.domain.pools.pool import Pool
from shared.errors import Missing, Rejected

LEAST, MOST = 2, 20
"""How many members a pool may have room for."""


def decide(command: Command, pool: Pool) -> Sequence[Event]:
    """Return the events that obey `command`."""
    if isinstance(command, CreatePool):
        return _create(command, pool)
    if pool.owner is None:
        raise Missing("pool-unknown", f"There is no pool {command.pool_id}.")
    if pool.closed:
        raise Rejected("pool-closed", "The last member has left the pool: create another one.")
    match command:
        case InviteToPool():
            return _invite(command, pool)
        case EndInvitation():
            return _end_invitation(command, pool)
        case JoinPool():
            return _join(command, pool)
        case LeavePool():
            return _leave(command, pool)
        case _:
            assert_never(command)


def _create(command: CreatePool, pool: Pool) -> Sequence[Event]:
    if pool.owner is not None:
        if (pool.members[:1], pool.leaving, pool.most) == ((command.by,), command.leaving, command.most):
            return ()
        raise Rejected("pool-exists", f"There is a pool {command.pool_id} already: choose another id.")
    if not LEAST <= command.most <= MOST:
        raise Rejected("pool-size", f"A pool has room for {LEAST} to {MOST} members.")
    return (PoolCreated(command.pool_id, command.by, command.leaving, command.most),)


def _invite(command: InviteToPool, pool: Pool) -> Sequence[Event]:
    _must_own(command.by, pool)
    if command.customer_id in pool.members or pool.invited.get(str(command.customer_id)) == command.until:
        return ()
    if command.until <= command.now:
        raise Rejected("invitation-over", "The invitation would be over before it begins.")
    standing = [name for name in pool.invited if pool.may_join(UUID(name), command.now)]
    others = [name for name in standing if name != str(command.customer_id)]
    if len(pool.members) + len(others) >= pool.most:
        raise Rejected("pool-full", f"The pool has room for {pool.most} members, those who are invited among them.")
    return (PoolInvited(command.pool_id, command.customer_id, command.until),)


def _end_invitation(command: EndInvitation, pool: Pool) -> Sequence[Event]:
    if command.by != command.customer_id:
        _must_own(command.by, pool)
    if str(command.customer_id) not in pool.invited:
        return ()
    return (PoolInvitationEnded(command.pool_id, command.customer_id),)


def _join(command: JoinPool, pool: Pool) -> Sequence[Event]:
    if command.by in pool.members:
        return ()
    if not pool.may_join(command.by, command.now):
        raise Rejected("not-invited", "Ask the owner of the pool for an invitation, and join before it is over.")
    if len(pool.members) >= pool.most:
        raise Rejected("pool-full", f"The pool has room for {pool.most} members.")
    return (PoolJoined(command.pool_id, command.by),)


def _leave(command: LeavePool, pool: Pool) -> Sequence[Event]:
    """The owner hands over to whoever came next; the last one takes everything along, as nobody is left to have it."""
    if command.by != command.customer_id:
        _must_own(command.by, pool)
    if command.customer_id not in pool.members:
        return ()
    others = [member for member in pool.members if member != command.customer_id]
    if not others:
        return (PoolLeft(command.pool_id, command.customer_id), PoolClosed(command.pool_id))
    next_owner = others[0] if command.customer_id == pool.owner else None
    heir = (next_owner or pool.owner) if pool.leaving is Leaving.LEAVE else None
    return (PoolLeft(command.pool_id, command.customer_id, heir, next_owner),)


def _must_own(by: UUID, pool: Pool) -> None:
    if by != pool.owner:
        raise Rejected("not-the-owner", "Only the owner of the pool may do that.")
