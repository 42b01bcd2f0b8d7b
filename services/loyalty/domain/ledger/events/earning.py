"""Earning and what takes it back: an order's lot of points, and the refunds of it."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from msgspec import Struct

from services.loyalty.domain.ledger.currencies import POINTS
from services.loyalty.domain.ledger.lot import UnitCost
from services.loyalty.domain.programme.terms import Terms


class MemberEnrolled(Struct, frozen=True, omit_defaults=True):
    """The customer collects points from `enrolled_at` on (None: from whatever they earned first).

    In `programme`, where they chose one; "": in the usual one.
    """

    customer_id: UUID
    enrolled_at: datetime | None = None
    programme: str = ""


class ProgrammeChosen(Struct, frozen=True):
    """A member who had chosen no programme, and earned nothing yet, belongs to this one from now on."""

    customer_id: UUID
    programme: str


class PointsEarned(Struct, frozen=True, omit_defaults=True):
    """An order earned a lot of points, of which `debt_repaid` went to an open debt at once.

    They can be spent from `activates_at` (None: from `earned_at`) until before
    `expires_at` (None: for ever), as `terms` say (None: the plain ones); `pending` of them couldn't be
    spent yet when this was decided. `line` is the line of the order that earned,
    `partner` who issues the points, at the `unit_cost` of each. Where they wait for an
    action, `awaits` names it, and both times are open.
    """

    customer_id: UUID
    lot_id: str
    source: str
    order_id: str
    points: int
    net: Decimal
    currency: str
    rule: str
    rule_version: int
    earned_at: datetime
    debt_repaid: int
    balance_after: int
    activates_at: datetime | None = None
    expires_at: datetime | None = None
    pending: int = 0
    terms: Terms | None = None
    points_currency: str = POINTS
    line: str = ""
    partner: str = ""
    unit_cost: UnitCost | None = None
    awaits: str = ""


class NothingEarned(Struct, frozen=True, omit_defaults=True):
    """An order was too small to earn a point, or the account is `closed`: it is known from now on, and counts once."""

    customer_id: UUID
    lot_id: str
    source: str
    order_id: str
    net: Decimal
    currency: str
    rule: str
    rule_version: int
    points_currency: str = POINTS
    closed: bool = False


class PointsReversed(Struct, frozen=True, omit_defaults=True):
    """A refund took back what its part of the order had earned.

    points = f(net_before) - f(net_after), by the rule version of the purchase;
    `allocations` says from which lots, `debt` what was already spent and is owed.
    Of what was taken, `pending` (by lot) could not be spent yet, and `expired`, of
    the order's own lot, no longer. `refunded_at` is when the refund was made,
    where that is known, `partner` who had issued the points.
    `cancelled` of them had been taken back while they waited for an action, and
    `lapsed` (by lot) are expired ones of lots that came out of the order's own;
    `waived` are gone, and not owed, as the programme lets no one owe.
    Without a `refund_id` no refund took them: a fact that was told late lets the order earn less.
    """

    customer_id: UUID
    lot_id: str
    source: str
    order_id: str
    refund_id: str
    points: int
    net_before: Decimal
    net_after: Decimal
    allocations: dict[str, int]
    debt: int
    balance_after: int
    pending: dict[str, int] = {}
    expired: int = 0
    refunded_at: datetime | None = None
    points_currency: str = POINTS
    partner: str = ""
    cancelled: int = 0
    lapsed: dict[str, int] = {}
    waived: int = 0


class RefundAwaited(Struct, frozen=True, omit_defaults=True):
    """A refund came before its order; it is settled as soon as the order earns."""

    customer_id: UUID
    source: str
    order_id: str
    refund_id: str
    amount: Decimal
    refunded_at: datetime | None = None


class RefundRefused(Struct, frozen=True):
    """A refund that waited turned out to be larger than what was left of its order: nothing was taken back."""

    customer_id: UUID
    source: str
    order_id: str
    refund_id: str
    amount: Decimal
    refundable: Decimal
