"""Every movement as a balanced journal: what one account gives, the others take, and the sum is 0."""

from typing import assert_never

from services.loyalty.domain.events import (
    Event,
    MemberEnrolled,
    NothingEarned,
    PointsEarned,
    PointsReversed,
    PointsSpent,
    RefundAwaited,
    RefundRefused,
    SpendReversed,
)

Journal = dict[str, int]
"""Points by account: member (what can be spent), issued, redeemed, debt. The values sum to 0."""


def journal(event: Event) -> Journal:
    """Return the entries of one event; empty where no points move."""
    match event:
        case PointsEarned():
            repaid = event.debt_repaid
            return {"issued": -event.points, "member": event.points - repaid, "debt": repaid}
        case PointsReversed():
            taken = event.points - event.debt
            return {"member": -taken, "debt": -event.debt, "issued": event.points}
        case PointsSpent():
            return {"member": -event.points, "redeemed": event.points}
        case SpendReversed():
            repaid = sum(event.repaid.values())
            return {"redeemed": -event.points, "member": event.points - repaid, "debt": repaid}
        case MemberEnrolled() | NothingEarned() | RefundAwaited() | RefundRefused():
            return {}
        case _:
            assert_never(event)
