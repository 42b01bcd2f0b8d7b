"""Adjustments: points that people give or take by hand, with a reason; large ones need a second person."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from services.loyalty.domain.ledger.currencies import POINTS
from services.loyalty.domain.programme.terms import Terms
from shared.privacy.personal import Personal


class AdjustmentProposed(Struct, frozen=True, omit_defaults=True):
    """`actor` asks for more points, given (> 0) or taken (< 0), than one person may move alone."""

    customer_id: UUID
    adjustment_id: str
    points: int
    reason: Personal
    actor: str
    points_currency: str = POINTS


class PointsAdjusted(Struct, frozen=True, omit_defaults=True):
    """Points were given (> 0), in a lot of their own of which `debt_repaid` went to an open debt, or taken (< 0).

    `allocations` says from which lots they were taken, `pending` how many of those
    could not be spent yet. `confirmed_by` is the second person, where one was needed.
    """

    customer_id: UUID
    adjustment_id: str
    points: int
    reason: Personal
    actor: str
    balance_after: int
    lot_id: str | None = None
    adjusted_at: datetime | None = None
    expires_at: datetime | None = None
    debt_repaid: int = 0
    allocations: dict[str, int] = {}
    pending: dict[str, int] = {}
    confirmed_by: str | None = None
    terms: Terms | None = None
    points_currency: str = POINTS


class AdjustmentRefused(Struct, frozen=True):
    """A second person said no: nothing was moved."""

    customer_id: UUID
    adjustment_id: str
    reason: Personal
    actor: str
