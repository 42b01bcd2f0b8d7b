"""What happens to a pool."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct


class Leaving(StrEnum):
    """What becomes of the points of a member who leaves: they take them along, or leave them to the pool's owner."""

    TAKE = "take"
    LEAVE = "leave"


class PoolCreated(Struct, frozen=True):
    """A member opened a pool, is its owner and its first member; it has room for `most` members."""

    pool_id: str
    customer_id: UUID
    leaving: Leaving
    most: int


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


class PoolClosed(Struct, frozen=True):
    """The last member left: nobody can join any more."""

    pool_id: str


Event = PoolCreated | PoolInvited | PoolInvitationEnded | PoolJoined | PoolLeft | PoolClosed
