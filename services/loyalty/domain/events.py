"""What happens to an account. Each event that moves points says what is spendable after it."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from msgspec import Struct

from shared.privacy.personal import Personal


class MemberEnrolled(Struct, frozen=True):
    """The customer collects points from now on."""

    customer_id: UUID


class PointsEarned(Struct, frozen=True):
    """An order earned a lot of points, of which `debt_repaid` went to an open debt at once."""

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


class NothingEarned(Struct, frozen=True):
    """An order was too small to earn a point; it is known from now on, so that it can't count twice."""

    customer_id: UUID
    lot_id: str
    source: str
    order_id: str
    net: Decimal
    currency: str
    rule: str
    rule_version: int


class PointsReversed(Struct, frozen=True):
    """A refund took back what its part of the order had earned.

    points = f(net_before) - f(net_after), by the rule version of the purchase;
    `allocations` says from which lots, `debt` what was already spent and is owed.
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


class RefundAwaited(Struct, frozen=True):
    """A refund came before its order; it is settled as soon as the order earns."""

    customer_id: UUID
    source: str
    order_id: str
    refund_id: str
    amount: Decimal


class RefundRefused(Struct, frozen=True):
    """A refund that waited turned out to be larger than what was left of its order: nothing was taken back."""

    customer_id: UUID
    source: str
    order_id: str
    refund_id: str
    amount: Decimal
    refundable: Decimal


class PointsSpent(Struct, frozen=True):
    """Points were spent; `allocations` says how many of which lot."""

    customer_id: UUID
    spend_id: str
    points: int
    reason: Personal
    allocations: dict[str, int]
    balance_after: int


class SpendReversed(Struct, frozen=True):
    """A spend was taken back: its points return to their lots; `repaid` of them go to an open debt."""

    customer_id: UUID
    spend_id: str
    points: int
    allocations: dict[str, int]
    repaid: dict[str, int]
    balance_after: int


Event = (
    MemberEnrolled
    | PointsEarned
    | NothingEarned
    | PointsReversed
    | RefundAwaited
    | RefundRefused
    | PointsSpent
    | SpendReversed
)
