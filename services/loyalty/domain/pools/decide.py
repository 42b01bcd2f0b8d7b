"""Which events obey a command to a pool; a repeat gives none, a contradiction is refused."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from services.loyalty.domain.pools.commands import (
    Command,
    CreatePool,
    DissolvePool,
    EndInvitation,
    InviteToPool,
    JoinPool,
    LeavePool,
    NoteReversal,
    NoteSpend,
)
from services.loyalty.domain.pools.events import (
    Event,
    PoolClosed,
    PoolCreated,
    PoolInvitationEnded,
    PoolInvited,
    PoolJoined,
    PoolLeft,
)
from services.loyalty.domain.pools.noting import note_reversal, note_spend
from services.loyalty.domain.pools.pool import Pool
from services.loyalty.domain.pools.rules import Leaving
from shared.errors import Missing, Rejected


def decide(command: Command, pool: Pool) -> Sequence[Event]:
    """Return the events that obey `command`."""
    if isinstance(command, CreatePool):
        return _create(command, pool)
    existing(pool)
    if pool.closed and isinstance(command, DissolvePool):
        return ()
    if pool.closed and not isinstance(command, NoteReversal):
        raise Rejected("pool-closed", "The pool is closed: create another one.")
    return _RULES[type(command)](command, pool)


def existing(pool: Pool) -> Pool:
    """Return the pool. Raises Missing where there is none."""
    if pool.owner is None:
        raise Missing("pool-unknown", "There is no such pool.")
    return pool


def _create(command: CreatePool, pool: Pool) -> Sequence[Event]:
    if pool.owner is not None:
        if pool.members[:1] == (command.by,):
            return ()
        raise Rejected("pool-exists", f"There is a pool {command.pool_id} already: choose another id.")
    if command.rules is None:
        raise Rejected("pools-not-offered", "The programme has no pools.")
    rules = command.rules
    return (PoolCreated(command.pool_id, command.by, rules.leaving, rules.most, rules.spenders, command.programme),)


def _invite(command: InviteToPool, pool: Pool) -> Sequence[Event]:
    must_own(command.by, pool)
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
        must_own(command.by, pool)
    if str(command.customer_id) not in pool.invited:
        return ()
    return (PoolInvitationEnded(command.pool_id, command.customer_id),)


def _join(command: JoinPool, pool: Pool) -> Sequence[Event]:
    """There is room: who is invited has been counted since."""
    if command.by in pool.members:
        return ()
    if not pool.may_join(command.by, command.now):
        raise Rejected("not-invited", "Ask the owner of the pool for an invitation, and join before it is over.")
    return (PoolJoined(command.pool_id, command.by),)


def _leave(command: LeavePool, pool: Pool) -> Sequence[Event]:
    """The owner hands over to whoever came next; the last one takes everything along, as nobody is left to have it."""
    if command.by != command.customer_id:
        must_own(command.by, pool)
    if command.customer_id not in pool.members:
        return ()
    others = [member for member in pool.members if member != command.customer_id]
    if not others:
        return (PoolLeft(command.pool_id, command.customer_id), PoolClosed(command.pool_id))
    next_owner = others[0] if command.customer_id == pool.owner else None
    leaves = pool.leaving is Leaving.LEAVE and not command.keeps
    heir = (next_owner or pool.owner) if leaves else None
    return (PoolLeft(command.pool_id, command.customer_id, heir, next_owner),)


def _dissolve(command: DissolvePool, pool: Pool) -> Sequence[Event]:
    """Nobody inherits: who ends a pool must not gain by it."""
    must_own(command.by, pool)
    return (*(PoolLeft(command.pool_id, member) for member in pool.members), PoolClosed(command.pool_id))


def must_own(by: UUID, pool: Pool) -> None:
    """Refuse what only the owner may do."""
    if by != pool.owner:
        raise Rejected("not-the-owner", "Only the owner of the pool may do that.")


_RULES: Mapping[type[Any], Callable[[Any, Pool], Sequence[Event]]] = {
    InviteToPool: _invite,
    EndInvitation: _end_invitation,
    JoinPool: _join,
    LeavePool: _leave,
    DissolvePool: _dissolve,
    NoteSpend: note_spend,
    NoteReversal: note_reversal,
}
"""What decides each kind of command; all but the creation, which needs no pool."""
