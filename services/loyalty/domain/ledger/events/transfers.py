"""Gifts: points that go from one account to another, in lots that keep their cost and their end."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from services.loyalty.domain.ledger.currencies import POINTS
from services.loyalty.domain.ledger.lot import UnitCost
from services.loyalty.domain.programme.terms import Terms
from shared.privacy.personal import Personal


class PassedOn(Struct, frozen=True, omit_defaults=True):
    """Points of a lot, `origin`, as the lot of their own that they are from now on."""

    lot_id: str
    origin: str
    points: int
    earned_at: datetime
    activates_at: datetime
    expires_at: datetime | None = None
    rule: str = ""
    rule_version: int = 0
    line: str = ""
    partner: str = ""
    unit_cost: UnitCost | None = None
    terms: Terms | None = None


class PointsGiven(Struct, frozen=True, omit_defaults=True):
    """The member gave points to another, `to`: out of the lots that `allocations` names, as the `lots` of the other.

    Where merged members share the gift, `whole` is its own size, and `points` this
    member's part of it, which may be none.
    """

    customer_id: UUID
    transfer_id: str
    to: UUID
    points: int
    reason: Personal
    allocations: dict[str, int]
    lots: tuple[PassedOn, ...]
    balance_after: int
    whole: int | None = None
    points_currency: str = POINTS


class PointsReceived(Struct, frozen=True, omit_defaults=True):
    """The member got points from another, the `giver`; `repaid` of them (by lot) went to an open debt."""

    customer_id: UUID
    transfer_id: str
    giver: UUID
    points: int
    lots: tuple[PassedOn, ...]
    balance_after: int
    repaid: dict[str, int] = {}
    points_currency: str = POINTS
