"""Why: which events concern a name, and the arithmetic of each in words."""

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


def concerns(event: Event, name: str) -> bool:
    """Tell whether an event is about the lot, spend or refund of this name."""
    match event:
        case PointsEarned() | NothingEarned():
            return event.lot_id == name
        case PointsReversed():
            return name in (event.lot_id, event.refund_id) or name in event.allocations
        case PointsSpent() | SpendReversed():
            return event.spend_id == name or name in event.allocations
        case RefundAwaited() | RefundRefused():
            return name in (event.refund_id, f"{event.source}:{event.order_id}")
        case MemberEnrolled():
            return False
        case _:
            assert_never(event)


def arithmetic(event: Event) -> str:
    """Return how the event's points came about."""
    match event:
        case PointsEarned():
            repaid = f", {event.debt_repaid} of them repaid a debt" if event.debt_repaid else ""
            return f"floor({event.net} {event.currency}) = {event.points} points{repaid}"
        case NothingEarned():
            return f"floor({event.net} {event.currency}) = 0 points"
        case PointsReversed():
            before, after = event.net_before, event.net_after
            owed = f", {event.debt} of them are owed" if event.debt else ""
            return f"floor({before}) - floor({after}) = {event.points} points taken back{owed}"
        case PointsSpent():
            return f"{_sum(event.allocations)} = {event.points} points spent"
        case SpendReversed():
            return f"{_sum(event.allocations)} = {event.points} points returned to their lots"
        case RefundAwaited():
            return f"a refund of {event.amount} waits for its order"
        case RefundRefused():
            return f"a refund of {event.amount} doesn't fit: {event.refundable} were left"
        case MemberEnrolled():
            return "the account begins with 0 points"
        case _:
            assert_never(event)


def _sum(allocations: dict[str, int]) -> str:
    return " + ".join(f"{points} of {lot}" for lot, points in allocations.items())
