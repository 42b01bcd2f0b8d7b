"""What can be asked of a pool. `by` is the member who asks."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from services.loyalty.domain.pools.events import Leaving


class CreatePool(Struct, frozen=True):
    """Open a pool."""

    pool_id: str
    by: UUID
    leaving: Leaving = Leaving.TAKE
    most: int = 8


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
    """Let a member leave: themselves, or by the owner's wish."""

    pool_id: str
    by: UUID
    customer_id: UUID


Command = CreatePool | InviteToPool | EndInvitation | JoinPool | LeavePool
