"""Holds: points that are kept for something, until they are captured for it or go back."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from services.loyalty.domain.ledger.currencies import POINTS
from shared.privacy.personal import Personal


class PointsHeld(Struct, frozen=True, omit_defaults=True):
    """Points are kept until before `until` (None: without limit); `allocations` says how many of which lot.

    Where merged members share the hold, `whole` is its own size, and `points` this
    member's part of it, which may be none.
    """

    customer_id: UUID
    hold_id: str
    points: int
    reason: Personal
    allocations: dict[str, int]
    balance_after: int
    until: datetime | None = None
    whole: int | None = None
    points_currency: str = POINTS


class HoldCaptured(Struct, frozen=True, omit_defaults=True):
    """The hold ended: `points` of it are spent, under the hold's id; the rest went back to its lots.

    Of what went back (`released`), `repaid` went to an open debt, and `forfeited`
    lapsed at once: its lot's time had come while the hold protected it.
    """

    customer_id: UUID
    hold_id: str
    points: int
    allocations: dict[str, int]
    balance_after: int
    released: dict[str, int] = {}
    repaid: dict[str, int] = {}
    forfeited: dict[str, int] = {}
    whole: int | None = None
    points_currency: str = POINTS


class HoldReleased(Struct, frozen=True, omit_defaults=True):
    """The hold ended with nothing spent: by request, or because its time had come (`lapsed_at`)."""

    customer_id: UUID
    hold_id: str
    points: int
    released: dict[str, int]
    balance_after: int
    repaid: dict[str, int] = {}
    forfeited: dict[str, int] = {}
    lapsed_at: datetime | None = None
    points_currency: str = POINTS
