"""A pool as decisions need it: who is in it and in which order they came, who is invited, and who owns it."""

from datetime import datetime
from typing import assert_never
from uuid import UUID

from msgspec import Struct, structs

from services.loyalty.domain.pools.events import (
    Event,
    PoolClosed,
    PoolCreated,
    PoolInvitationEnded,
    PoolInvited,
    PoolJoined,
    PoolLeft,
    PoolSpendReversed,
    PoolSpent,
)
from services.loyalty.domain.pools.rules import Leaving, Spenders


class Pool(Struct, frozen=True):
    """A pool; without an owner it doesn't exist yet. Tiers stay each member's own.

    `spends` are those that were ever made, by id, `reversed` the ids of those that were taken back; `departures`
    counts who ever left. Its members belong to `programme` ("": to the usual one).
    """

    owner: UUID | None = None
    leaving: Leaving = Leaving.TAKE
    most: int = 0
    spenders: Spenders = Spenders.MEMBERS
    programme: str = ""
    members: tuple[UUID, ...] = ()
    invited: dict[str, datetime] = {}
    spends: dict[str, PoolSpent] = {}
    reversed: frozenset[str] = frozenset()
    departures: int = 0
    closed: bool = False

    def may_join(self, customer_id: UUID, now: datetime) -> bool:
        """Tell whether they have an invitation that still stands; half-open."""
        until = self.invited.get(str(customer_id))
        return until is not None and now < until

    def may_spend(self, customer_id: UUID) -> bool:
        """Tell whether they may spend from the pool."""
        allowed = (self.owner,) if self.spenders is Spenders.OWNER else self.members
        return customer_id in allowed


def evolve(pool: Pool, event: Event) -> Pool:
    """Return the pool as it is after `event`. Total: it never raises and never judges."""
    match event:
        case PoolCreated(_, customer_id, leaving, most, spenders, programme):
            begun = {"owner": customer_id, "leaving": leaving, "most": most, "spenders": spenders}
            return structs.replace(pool, members=(customer_id,), programme=programme, **begun)
        case PoolInvited(_, customer_id, until):
            return structs.replace(pool, invited={**pool.invited, str(customer_id): until})
        case PoolInvitationEnded(_, customer_id):
            return structs.replace(pool, invited=_without(pool.invited, customer_id))
        case PoolJoined(_, customer_id):
            others = (member for member in pool.members if member != customer_id)
            members = (*others, customer_id)
            return structs.replace(pool, members=members, invited=_without(pool.invited, customer_id))
        case PoolLeft():
            return _left(pool, event)
        case PoolSpent(spend_id=spend_id):
            return structs.replace(pool, spends={**pool.spends, spend_id: event})
        case PoolSpendReversed(_, spend_id):
            return structs.replace(pool, reversed=pool.reversed | {spend_id})
        case PoolClosed():
            return structs.replace(pool, closed=True, invited={})
        case _:
            assert_never(event)


def _left(pool: Pool, event: PoolLeft) -> Pool:
    members = tuple(member for member in pool.members if member != event.customer_id)
    owner = event.next_owner or pool.owner
    return structs.replace(pool, members=members, owner=owner, departures=pool.departures + 1)


def _without(invited: dict[str, datetime], customer_id: UUID) -> dict[str, datetime]:
    return {name: until for name, until in invited.items() if name != str(customer_id)}
