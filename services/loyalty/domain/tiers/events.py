"""What happens to an enrolment: tiers that change and are kept, and tiers that are granted by hand."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from services.loyalty.domain.tiers.walk import Reason
from shared.privacy.personal import Personal


class TierChanged(Struct, frozen=True, omit_defaults=True):
    """The member's tier in a programme changed at `at`: this books it, maybe later.

    `reason` is one of reached, review, soft-landing, reversed, granted,
    grant-ended and table-changed; or restated, where late facts showed that the
    tier that was booked last wasn't right. Points of since <= time < until decided it,
    where points did; `rank` is the new tier's place, 0 everybody's. `next_at` is
    when it changes next if nothing more comes (None: never).
    """

    customer_id: UUID
    programme: str
    before: str
    after: str
    reason: Reason
    at: datetime
    service_level: str
    rank: int
    since: datetime | None = None
    until: datetime | None = None
    next_at: datetime | None = None


class TierKept(Struct, frozen=True, omit_defaults=True):
    """The time had come at which the tier might have changed, and it was kept; `next_at` as above."""

    customer_id: UUID
    programme: str
    tier: str
    next_at: datetime | None = None


class TierGranted(Struct, frozen=True):
    """Someone gave the member a tier by hand, for since <= time < until."""

    customer_id: UUID
    programme: str
    grant_id: str
    tier: str
    since: datetime
    until: datetime
    reason: Personal
    actor: str


class TierGrantEnded(Struct, frozen=True):
    """Someone let a grant end before its time, at `until`."""

    customer_id: UUID
    grant_id: str
    until: datetime
    reason: Personal
    actor: str


Event = TierChanged | TierKept | TierGranted | TierGrantEnded
