"""What time did to a lot, written down once it has."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from services.loyalty.domain.ledger.currencies import POINTS


class PointsActivated(Struct, frozen=True, omit_defaults=True):
    """The time had come from which on a lot's pending points can be spent: this books it."""

    customer_id: UUID
    lot_id: str
    points: int
    activates_at: datetime
    balance_after: int
    points_currency: str = POINTS


class PointsExpired(Struct, frozen=True, omit_defaults=True):
    """The time had come at which what was left of a lot lapsed: this books it, as breakage."""

    customer_id: UUID
    lot_id: str
    points: int
    expires_at: datetime
    balance_after: int
    points_currency: str = POINTS
