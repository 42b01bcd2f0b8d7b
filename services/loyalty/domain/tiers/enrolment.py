"""An enrolment: what is booked of a member's tier, and the tiers that they were granted."""

from datetime import datetime
from typing import assert_never
from uuid import UUID

from msgspec import Struct, structs

from services.loyalty.domain.tiers.events import Event, TierChanged, TierGranted, TierGrantEnded, TierKept
from services.loyalty.domain.tiers.record import Grant


class Enrolment(Struct, frozen=True, gc=False):
    """What is booked: `tier` since `changed_at` (None: nothing yet), and when it changes next if nothing more comes.

    Nothing waits for the booking. Which tier a member has follows from the moment at which one asks.
    """

    customer_id: UUID | None = None
    programme: str = ""
    tier: str | None = None
    changed_at: datetime | None = None
    next_at: datetime | None = None
    grants: tuple[Grant, ...] = ()

    def grant(self, grant_id: str) -> Grant | None:
        """Return a grant by its id."""
        return next((grant for grant in self.grants if grant.grant_id == grant_id), None)


def evolve(enrolment: Enrolment, event: Event) -> Enrolment:
    """Return the enrolment as it is after `event`. Total: it never raises and never judges."""
    if not isinstance(event, TierGrantEnded):
        enrolment = structs.replace(enrolment, customer_id=event.customer_id, programme=event.programme)
    match event:
        case TierChanged():
            return structs.replace(enrolment, tier=event.after, changed_at=event.at, next_at=event.next_at)
        case TierKept():
            return structs.replace(enrolment, next_at=event.next_at)
        case TierGranted():
            others = [grant for grant in enrolment.grants if grant.grant_id != event.grant_id]
            made = Grant(event.grant_id, event.tier, event.since, event.until, event.reason, event.actor)
            return structs.replace(enrolment, grants=(*others, made))
        case TierGrantEnded(_, grant_id, until):
            grants = (
                structs.replace(grant, until=min(until, grant.until)) if grant.grant_id == grant_id else grant
                for grant in enrolment.grants
            )
            return structs.replace(enrolment, grants=tuple(grants))
        case _:
            assert_never(event)


def wakes(enrolment: Enrolment) -> datetime | None:
    """Return when the tier changes next if nothing more comes."""
    return enrolment.next_at
