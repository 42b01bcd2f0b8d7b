"""Every movement as a balanced journal: what one account gives, the others take, and the sum is 0."""

from typing import assert_never

from services.loyalty.domain.ledger.events import (
    Event,
    MemberEnrolled,
    NothingEarned,
    PointsActivated,
    PointsEarned,
    PointsExpired,
    PointsReversed,
    PointsSpent,
    RefundAwaited,
    RefundRefused,
    SpendReversed,
)

Journal = dict[str, int]
"""Points by account: member (what can be spent), pending, issued, redeemed, breakage, debt. The values sum to 0."""


def journal(event: Event) -> Journal:
    """Return the entries of one event; empty where no points move."""
    match event:
        case PointsEarned():
            repaid, pending = event.debt_repaid, event.pending
            member = event.points - repaid - pending
            return {"issued": -event.points, "member": member, "pending": pending, "debt": repaid}
        case PointsReversed():
            return _reversed(event)
        case PointsSpent():
            return {"member": -event.points, "redeemed": event.points}
        case SpendReversed():
            repaid, forfeited = sum(event.repaid.values()), sum(event.forfeited.values())
            member = event.points - repaid - forfeited
            return {"redeemed": -event.points, "member": member, "debt": repaid, "breakage": forfeited}
        case PointsActivated():
            return {"pending": -event.points, "member": event.points}
        case PointsExpired():
            return {"member": -event.points, "breakage": event.points}
        case MemberEnrolled() | NothingEarned() | RefundAwaited() | RefundRefused():
            return {}
        case _:
            assert_never(event)


def _reversed(event: PointsReversed) -> Journal:
    pending = sum(event.pending.values())
    member = event.points - event.debt - pending - event.expired
    taken = {"member": -member, "pending": -pending, "breakage": -event.expired}
    return {**taken, "debt": -event.debt, "issued": event.points}
