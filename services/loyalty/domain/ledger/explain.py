"""Why: the arithmetic of each event in words."""

from collections.abc import Callable, Mapping
from typing import Any

from services.loyalty.domain.ledger.events import (
    ActivityNoted,
    Event,
    ExpiryResumed,
    ExpirySuspended,
    HoldCaptured,
    HoldReleased,
    MemberEnrolled,
    NothingEarned,
    PointsActivated,
    PointsEarned,
    PointsExpired,
    PointsHeld,
    PointsRestored,
    PointsReversed,
    PointsSpent,
    RefundAwaited,
    RefundRefused,
    SpendReversed,
)
from services.loyalty.domain.ledger.movements import ACTIVATED, RELEASED, Movement
from services.loyalty.domain.programme.terms import sentence


def arithmetic(event: Event) -> str:
    """Return how the event's points came about."""
    return WORDS[type(event)](event)


def _enrolled(_: MemberEnrolled) -> str:
    return "the account begins with 0 points"


def _earned(event: PointsEarned) -> str:
    repaid = f", {event.debt_repaid} of them repaid a debt" if event.debt_repaid else ""
    return f"floor({event.net} {event.currency}) = {event.points} points{repaid}{_lifetime(event)}"


def _lifetime(event: PointsEarned) -> str:
    if event.terms is None:
        return ""
    begins = (event.activates_at or event.earned_at).isoformat()
    ends = f" until before {event.expires_at.isoformat()}" if event.expires_at else ""
    return f"; {sentence(event.terms)}: from {begins}{ends}"


def _nothing(event: NothingEarned) -> str:
    return f"floor({event.net} {event.currency}) = 0 points"


def _reversed(event: PointsReversed) -> str:
    owed = f", {event.debt} of them are owed" if event.debt else ""
    return f"floor({event.net_before}) - floor({event.net_after}) = {event.points} points taken back{owed}"


def _awaited(event: RefundAwaited) -> str:
    return f"a refund of {event.amount} waits for its order"


def _refused(event: RefundRefused) -> str:
    return f"a refund of {event.amount} doesn't fit: {event.refundable} were left"


def _spent(event: PointsSpent) -> str:
    shared = "" if event.whole is None else f", of a spend of {event.whole} by merged members"
    return f"{_sum(event.allocations)} = {event.points} points spent{shared}"


def _spend_reversed(event: SpendReversed) -> str:
    return f"{_sum(event.allocations)} = {event.points} points returned to their lots{_lost(event.forfeited)}"


def _held(event: PointsHeld) -> str:
    until = f" until before {event.until.isoformat()}" if event.until else ""
    return f"{_sum(event.allocations)} = {event.points} points held{until}"


def _captured(event: HoldCaptured) -> str:
    back = f", {_sum(event.released)} went back" if event.released else ""
    return f"{_sum(event.allocations)} = {event.points} held points captured{back}{_lost(event.forfeited)}"


def _released(event: HoldReleased) -> str:
    over = "" if event.lapsed_at is None else ", as the time of the hold had come"
    return f"{_sum(event.released)} = {event.points} held points went back{over}{_lost(event.forfeited)}"


def _activated(event: PointsActivated) -> str:
    return f"{event.points} of {event.lot_id} can be spent from {event.activates_at.isoformat()}"


def _expired(event: PointsExpired) -> str:
    return f"{event.points} of {event.lot_id} were left at {event.expires_at.isoformat()}, and lapsed"


def _noted(event: ActivityNoted) -> str:
    return f"active on {event.active_at.isoformat()}: points that live by activity are renewed"


def _suspended(event: ExpirySuspended) -> str:
    return f"nothing lapses from {event.since.isoformat()}"


def _resumed(event: ExpiryResumed) -> str:
    return f"points lapse again from {event.until.isoformat()}"


def _restored(event: PointsRestored) -> str:
    return f"{event.points} of {event.lot_id} hadn't lapsed: a fact that was told late renewed them"


def unbooked(movement: Movement) -> str:
    """Return the same of what time did, where no event has booked it yet."""
    happened = {ACTIVATED: "can be spent", RELEASED: "went back from a hold that is over"}.get(movement.type, "lapsed")
    return f"{abs(movement.points)} of {movement.about} {happened} from {movement.at.isoformat()}, not booked yet"


def _lost(forfeited: dict[str, int]) -> str:
    return f", {_sum(forfeited)} lapsed meanwhile and are forfeited" if forfeited else ""


def _sum(allocations: dict[str, int]) -> str:
    return " + ".join(f"{points} of {lot}" for lot, points in allocations.items()) or "none"


WORDS: Mapping[type[Any], Callable[[Any], str]] = {
    MemberEnrolled: _enrolled,
    PointsEarned: _earned,
    NothingEarned: _nothing,
    PointsReversed: _reversed,
    RefundAwaited: _awaited,
    RefundRefused: _refused,
    PointsSpent: _spent,
    SpendReversed: _spend_reversed,
    PointsHeld: _held,
    HoldCaptured: _captured,
    HoldReleased: _released,
    PointsActivated: _activated,
    PointsExpired: _expired,
    ActivityNoted: _noted,
    ExpirySuspended: _suspended,
    ExpiryResumed: _resumed,
    PointsRestored: _restored,
}
"""The words for each kind of event; a test holds that none is missing."""
