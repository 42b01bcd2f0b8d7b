"""What can be asked of a pool. `by` is the member who asks."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from services.loyalty.domain.pools.rules import PoolRules


class CreatePool(Struct, frozen=True):
    """Open a pool under the rules of its owner's programme (None: it has no pools)."""

    pool_id: str
    by: UUID
    rules: PoolRules | None
    programme: str = ""


class InviteToPool(Struct, frozen=True):
    """Let someone join before `until`."""

    pool_id: str
    by: UUID
    customer_id: UUID
    until: datetime
    now: datetime


class EndInvitation(Struct, frozen=True):
    """Decline an invitation, or withdraw it."""

    pool_id: str
    by: UUID
    customer_id: UUID


class JoinPool(Struct, frozen=True):
    """Become a member."""

    pool_id: str
    by: UUID
    now: datetime


class LeavePool(Struct, frozen=True):
    """Let a member leave: themselves, or by the owner's wish; `keeps`: nobody can take what they would leave."""

    pool_id: str
    by: UUID
    customer_id: UUID
    keeps: bool = False


class DissolvePool(Struct, frozen=True):
    """Let all leave, each with what is theirs, and close the pool."""

    pool_id: str
    by: UUID


class NoteSpend(Struct, frozen=True):
    """Note what the members' accounts gave, once for each spend id."""

    pool_id: str
    by: UUID
    spend_id: str
    points: int
    points_currency: str
    parts: dict[str, int]


class NoteReversal(Struct, frozen=True):
    """Note that a spend was taken back."""

    pool_id: str
    by: UUID
    spend_id: str


Command = CreatePool | InviteToPool | EndInvitation | JoinPool | LeavePool | DissolvePool | NoteSpend | NoteReversal
