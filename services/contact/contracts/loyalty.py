"""What contact reads of loyalty: each balance after it changed."""

from uuid import UUID

from msgspec import Struct

from shared.events import Catalogue


class MemberEnrolled(Struct, frozen=True):
    """The customer has an account."""

    customer_id: UUID


class BalanceChanged(Struct, frozen=True):
    """Any event that moved points: the spendable balance after it."""

    customer_id: UUID
    balance_after: int


class PointsEarned(Struct, frozen=True):
    """Points were earned."""

    customer_id: UUID
    points: int
    balance_after: int


class PointsReversed(Struct, frozen=True):
    """Earned points were taken back."""

    customer_id: UUID
    points: int
    balance_after: int


LOYALTY = Catalogue(
    "loyalty",
    {
        "member-enrolled.v1": MemberEnrolled,
        "points-earned.v1": PointsEarned,
        "points-reversed.v1": PointsReversed,
        "points-spent.v1": BalanceChanged,
        "spend-reversed.v1": BalanceChanged,
        "points-activated.v1": BalanceChanged,
        "points-expired.v1": BalanceChanged,
    },
)
