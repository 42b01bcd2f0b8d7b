"""What keeps points from lapsing: activity, and an exemption; and what a late fact gives back."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from services.loyalty.domain.ledger.currencies import POINTS
from shared.privacy.personal import Personal


class ActivityNoted(Struct, frozen=True):
    """The member was active at that moment: points that live by activity are renewed."""

    customer_id: UUID
    active_at: datetime


class ExpirySuspended(Struct, frozen=True):
    """Nothing of the member's lapses from then on."""

    customer_id: UUID
    since: datetime
    reason: Personal


class ExpiryResumed(Struct, frozen=True):
    """The member's points lapse again: those whose time came meanwhile lapse at that moment."""

    customer_id: UUID
    until: datetime


class PointsRestored(Struct, frozen=True, omit_defaults=True):
    """A fact that was told late kept a lot alive: `points` of it were booked as lapsed, which this takes back."""

    customer_id: UUID
    lot_id: str
    points: int
    balance_after: int
    points_currency: str = POINTS
