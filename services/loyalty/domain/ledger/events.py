"""What happens to an account. Each event that moves points says, for readers, what is spendable after it.

The fold never trusts `balance_after`: as of a moment, or as known then, events before it may not count.
"""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from msgspec import Struct

from services.loyalty.domain.programme.terms import Terms
from shared.privacy.personal import Personal


class MemberEnrolled(Struct, frozen=True):
    """The customer collects points from now on."""

    customer_id: UUID


class PointsEarned(Struct, frozen=True, omit_defaults=True):
    """An order earned a lot of points, of which `debt_repaid` went to an open debt at once.

    They can be spent from `activates_at` (None: from `earned_at`) until before
    `expires_at` (None: for ever), as `terms` say (None: the plain ones); `pending` of them couldn't be
    spent yet when this was decided.
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


class PointsReversed(Struct, frozen=True, omit_defaults=True):
    """A refund took back what its part of the order had earned.

    points = f(net_before) - f(net_after), by the rule version of the purchase;
    `allocations` says from which lots, `debt` what was already spent and is owed.
    Of what was taken, `pending` (by lot) could not be spent yet, and `expired`, of
    the order's own lot, no longer. `refunded_at` is when a refund was made that
    had to wait for its order.
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


class PointsSpent(Struct, frozen=True, omit_defaults=True):
    """Points were spent; `allocations` says how many of which lot.

    Where merged members shared the spend, `whole` is the spend's own size, and
    `points` this member's part of it, which may be none.
    """

    customer_id: UUID
    spend_id: str
    points: int
    reason: Personal
    allocations: dict[str, int]
    balance_after: int
    whole: int | None = None


class SpendReversed(Struct, frozen=True, omit_defaults=True):
    """A spend was taken back: its points return to their lots; `repaid` of them go to an open debt.

    Lots that lapsed meanwhile take their points back and lose them at once: `forfeited`.
    """

    customer_id: UUID
    spend_id: str
    points: int
    allocations: dict[str, int]
    repaid: dict[str, int]
    balance_after: int
    forfeited: dict[str, int] = {}


class PointsActivated(Struct, frozen=True):
    """The time had come from which on a lot's pending points can be spent: this books it."""

    customer_id: UUID
    lot_id: str
    points: int
    activates_at: datetime
    balance_after: int


class PointsExpired(Struct, frozen=True):
    """The time had come at which what was left of a lot lapsed: this books it, as breakage."""

    customer_id: UUID
    lot_id: str
    points: int
    expires_at: datetime
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
    | PointsActivated
    | PointsExpired
)

Moving = PointsEarned | PointsReversed | PointsSpent | SpendReversed | PointsActivated | PointsExpired
"""The events that move points, and state the balance after it."""
