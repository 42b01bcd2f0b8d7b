"""What a pool keeps of spends: who may make one, that each counts once, and who may take it back."""

from collections.abc import Sequence
from uuid import UUID

from services.loyalty.domain.pools.commands import NoteReversal, NoteSpend
from services.loyalty.domain.pools.events import PoolSpendReversed, PoolSpent
from services.loyalty.domain.pools.pool import Pool
from shared.errors import Missing, Rejected


def note_spend(command: NoteSpend, pool: Pool) -> Sequence[PoolSpent]:
    """Note a spend; the same again is quiet, another one of its id is refused."""
    if is_known(pool, command.spend_id, command.points, command.points_currency):
        return ()
    must_spend(command.by, pool)
    place = (command.pool_id, command.by, command.spend_id)
    return (PoolSpent(*place, command.points, command.points_currency, command.parts),)


def is_known(pool: Pool, spend_id: str, points: int, points_currency: str) -> bool:
    """Tell whether the pool knows the spend. Raises Rejected where it knows it with other points."""
    known = pool.spends.get(spend_id)
    if known is not None and (known.points, known.points_currency) != (points, points_currency):
        raise Rejected("spend-differs", f"Spend {spend_id} is known with {known.points} {known.points_currency}.")
    return known is not None


def must_spend(by: UUID, pool: Pool) -> None:
    """Refuse who isn't in the pool, and who may not spend from it by the pool's rules."""
    if pool.closed:
        raise Rejected("pool-closed", "The pool is closed: there is nothing in it to spend.")
    if by not in pool.members:
        raise Rejected("not-in-the-pool", "Only a member of the pool may do that.")
    if not pool.may_spend(by):
        raise Rejected("not-the-owner", "Only the owner of the pool may spend from it.")


def note_reversal(command: NoteReversal, pool: Pool) -> Sequence[PoolSpendReversed]:
    """Note that a spend was taken back, by who made it or by the pool's owner."""
    known = spend_of(pool, command.spend_id)
    if command.by not in (known.customer_id, pool.owner):
        raise Rejected("not-the-spender", "Only who spent, or the owner of the pool, may take a spend back.")
    if command.spend_id in pool.reversed:
        return ()
    return (PoolSpendReversed(command.pool_id, command.spend_id, known.points, known.points_currency),)


def spend_of(pool: Pool, spend_id: str) -> PoolSpent:
    """Return a spend of the pool. Raises Missing where it has none of this id."""
    known = pool.spends.get(spend_id)
    if known is None:
        raise Missing("spend-unknown", f"The pool has no spend {spend_id}.")
    return known
