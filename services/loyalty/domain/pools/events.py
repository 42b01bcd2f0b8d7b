"""What happens to a pool: it is opened, people come and go, points are spent from it, it is closed."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from services.loyalty.domain.pools.rules import Leaving, Spenders


class PoolCreated(Struct, frozen=True):
    """A member opened a pool, is its owner and its first member; it keeps these rules.

    Its members belong to `programme`; "": to the usual one.
    """

    pool_id: str
    customer_id: UUID
    leaving: Leaving
    most: int
    spenders: Spenders = Spenders.MEMBERS
    programme: str = ""


class PoolInvited(Struct, frozen=True):
    """The owner invited someone, who can join before `until`."""

    pool_id: str
    customer_id: UUID
    until: datetime


class PoolInvitationEnded(Struct, frozen=True):
    """An invitation was declined or withdrawn."""

    pool_id: str
    customer_id: UUID


class PoolJoined(Struct, frozen=True):
    """Someone who was invited is a member of the pool from now on."""

    pool_id: str
    customer_id: UUID


class PoolLeft(Struct, frozen=True, omit_defaults=True):
    """A member left, or the owner let them go; `heir` has whatever points they left to the pool (None: they took them).

    The owner who leaves hands the pool over to `next_owner`.
    """

    pool_id: str
    customer_id: UUID
    heir: UUID | None = None
    next_owner: UUID | None = None


class PoolSpent(Struct, frozen=True):
    """A member spent points of the pool: `parts` tells of whose account how many."""

    pool_id: str
    customer_id: UUID
    spend_id: str
    points: int
    points_currency: str
    parts: dict[str, int]


class PoolSpendReversed(Struct, frozen=True):
    """A spend of the pool was taken back, whole: each has their own part back."""

    pool_id: str
    spend_id: str
    points: int
    points_currency: str


class PoolClosed(Struct, frozen=True):
    """The last member left, or the owner dissolved the pool: nobody can join any more."""

    pool_id: str


Event = (
    PoolCreated | PoolInvited | PoolInvitationEnded | PoolJoined | PoolLeft | PoolSpent | PoolSpendReversed | PoolClosed
)
