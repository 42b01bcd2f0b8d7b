"""A pool as decisions need it: who is in it and in which order they came, who is invited, and who owns it."""

from datetime import datetime
from typing import assert_never
from uuid import UUID

from msgspec import Struct, structs

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


class Pool(Struct, frozen=True):
    """A pool; without an owner it doesn't exist yet. Tiers stay each member's own."""

    owner: UUID | None = None
    leaving: Leaving = Leaving.TAKE
    most: int = 0
    members: tuple[UUID, ...] = ()
    invited: dict[str, datetime] = {}
    closed: bool = False

    def may_join(self, customer_id: UUID, now: datetime) -> bool:
        """Tell whether they have an invitation that still stands; half-open."""
        until = self.invited.get(str(customer_id))
        return until is not None and now < until


def evolve(pool: Pool, event: Event) -> Pool:
    """Return the pool as it is after `event`. Total: it never raises and never judges."""
    match event:
        case PoolCreated(_, customer_id, leaving, most):
            return structs.replace(pool, owner=customer_id, leaving=leaving, most=most, members=(customer_id,))
        case PoolInvited(_, customer_id, until):
            return structs.replace(pool, invited={**pool.invited, str(customer_id): until})
        case PoolInvitationEnded(_, customer_id):
            return structs.replace(pool, invited=_without(pool.invited, customer_id))
        case PoolJoined(_, customer_id):
            others = (member for member in pool.members if member != customer_id)
            members = (*others, customer_id)
            return structs.replace(pool, members=members, invited=_without(pool.invited, customer_id))
        case PoolLeft(_, customer_id):
            members = tuple(member for member in pool.members if member != customer_id)
            return structs.replace(pool, members=members, owner=event.next_owner or pool.owner)
        case PoolClosed():
            return structs.replace(pool, closed=True, invited={})
        case _:
            assert_never(event)


def _without(invited: dict[str, datetime], customer_id: UUID) -> dict[str, datetime]:
    return {name: until for name, until in invited.items() if name != str(customer_id)}
