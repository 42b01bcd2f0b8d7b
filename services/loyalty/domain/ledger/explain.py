"""Why: which events concern a name, and the arithmetic of each in words."""

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
from services.loyalty.domain.ledger.movements import ACTIVATED, Movement
from services.loyalty.domain.programme.terms import sentence


def concerns(event: Event, name: str) -> bool:
    """Tell whether an event is about the lot, spend or refund of this name."""
    match event:
        case PointsEarned() | NothingEarned() | PointsActivated() | PointsExpired():
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
            return _earned(event)
        case NothingEarned():
            return f"floor({event.net} {event.currency}) = 0 points"
        case PointsReversed():
            before, after = event.net_before, event.net_after
            owed = f", {event.debt} of them are owed" if event.debt else ""
            return f"floor({before}) - floor({after}) = {event.points} points taken back{owed}"
        case PointsSpent():
            shared = "" if event.whole is None else f", of a spend of {event.whole} by merged members"
            return f"{_sum(event.allocations)} = {event.points} points spent{shared}"
        case SpendReversed():
            lost = f", {_sum(event.forfeited)} lapsed meanwhile and are forfeited" if event.forfeited else ""
            return f"{_sum(event.allocations)} = {event.points} points returned to their lots{lost}"
        case PointsActivated() | PointsExpired():
            return _time(event)
        case RefundAwaited():
            return f"a refund of {event.amount} waits for its order"
        case RefundRefused():
            return f"a refund of {event.amount} doesn't fit: {event.refundable} were left"
        case MemberEnrolled():
            return "the account begins with 0 points"
        case _:
            assert_never(event)


def _earned(event: PointsEarned) -> str:
    repaid = f", {event.debt_repaid} of them repaid a debt" if event.debt_repaid else ""
    return f"floor({event.net} {event.currency}) = {event.points} points{repaid}{_lifetime(event)}"


def _lifetime(event: PointsEarned) -> str:
    if event.terms is None:
        return ""
    begins = (event.activates_at or event.earned_at).isoformat()
    ends = f" until before {event.expires_at.isoformat()}" if event.expires_at else ""
    return f"; {sentence(event.terms)}: from {begins}{ends}"


def _time(event: PointsActivated | PointsExpired) -> str:
    if isinstance(event, PointsActivated):
        return f"{event.points} of {event.lot_id} can be spent from {event.activates_at.isoformat()}"
    return f"{event.points} of {event.lot_id} were left at {event.expires_at.isoformat()}, and lapsed"


def unbooked(movement: Movement) -> str:
    """Return the same of what time did, where no event has booked it yet."""
    name = movement.lot.lot_id if movement.lot else "a lot"
    happened = "can be spent" if movement.type == ACTIVATED else "lapsed"
    return f"{abs(movement.points)} of {name} {happened} from {movement.at.isoformat()}, not booked yet"


def _sum(allocations: dict[str, int]) -> str:
    return " + ".join(f"{points} of {lot}" for lot, points in allocations.items()) or "none"
