"""A movement in words, for the member whose points it moved; `ledger/explain.py` has the arithmetic."""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from services.loyalty.domain.ledger.events import (
    AccountClosed,
    AccountFrozen,
    AccountUnfrozen,
    ActivityNoted,
    AdjustmentProposed,
    AdjustmentRefused,
    ExpiryResumed,
    ExpirySuspended,
    FactJudged,
    HoldCaptured,
    HoldReleased,
    MemberEnrolled,
    NothingEarned,
    PendingActivated,
    PendingCancelled,
    PointsActivated,
    PointsAdjusted,
    PointsCleared,
    PointsEarned,
    PointsExpired,
    PointsForfeited,
    PointsGiven,
    PointsHeld,
    PointsReceived,
    PointsRestored,
    PointsReversed,
    PointsSpent,
    PointsWithheld,
    ProgrammeChosen,
    RefundAwaited,
    RefundRefused,
    SpendReversed,
)
from services.loyalty.domain.ledger.movements import ACTIVATED, EXPIRED, RELEASED, Movement

Named = Callable[[str, int], str]
"""What a rule is called, by its id and the version that gave the points; "" where it has no name."""


class Words(Struct, frozen=True):
    """What happened, and why in someone's own words, which are personal (None: nobody gave any)."""

    says: str
    reason: str | None = None


def words(movement: Movement, named: Named) -> Words:
    """Return a movement in words."""
    if movement.fact is None:
        return Words(BY_TIME[movement.type])
    event = movement.fact.event
    if isinstance(event, PointsEarned):
        return Words(_earned(event, named(event.rule, event.rule_version)))
    return Words(SAID[type(event)](event), getattr(event, "reason", None))


def _earned(event: PointsEarned, name: str) -> str:
    later = event.pending or event.awaits
    what = f"{event.points:,} points that can be spent later" if later else "Earned"
    by = f": {name}" if name else ""
    return f"{what}{by} ({event.source} {event.order_id}){_repaid(event.debt_repaid)}"


def _repaid(points: int) -> str:
    return f", {points:,} of them repaid what was owed" if points else ""


def _reversed(event: PointsReversed) -> str:
    why = "an order was paid back" if event.refund_id else "something was told late"
    owed = f"; {event.debt:,} points are owed" if event.debt else ""
    return f"Taken back, as {why} ({event.source} {event.order_id}){owed}"


def _spend_reversed(event: SpendReversed) -> str:
    back = f"Given back, as a spend was taken back{_repaid(sum(event.repaid.values()))}"
    return f"{back}{_lapsed(event.forfeited)}"


def _captured(event: HoldCaptured) -> str:
    back = sum(event.released.values())
    given = f"; {back:,} points given back" if back else ""
    return f"Spent, of what was kept aside{given}{_lapsed(event.forfeited)}"


def _released(event: HoldReleased) -> str:
    return f"No longer kept aside{_repaid(sum(event.repaid.values()))}{_lapsed(event.forfeited)}"


def _lapsed(forfeited: Mapping[str, int]) -> str:
    lost = sum(forfeited.values())
    return f"; {lost:,} of them had lapsed meanwhile" if lost else ""


def _received(event: PointsReceived) -> str:
    return f"From another member{_repaid(sum(event.repaid.values()))}"


def _adjusted(event: PointsAdjusted) -> str:
    return f"Given by hand{_repaid(event.debt_repaid)}" if event.points > 0 else "Taken by hand"


def _always(says: str) -> Callable[[Any], str]:
    return lambda _: says


BY_TIME: Mapping[str, str] = {
    ACTIVATED: "Can be spent from now on",
    EXPIRED: "Lapsed",
    RELEASED: "No longer kept aside, as its time had come",
}
"""What is said of a movement that time brought."""

SAID: Mapping[type[Any], Callable[[Any], str]] = {
    MemberEnrolled: _always("Membership began"),
    ProgrammeChosen: _always("Programme chosen"),
    NothingEarned: _always("Nothing earned"),
    PointsReversed: _reversed,
    RefundAwaited: _always("Something was paid back of an order that isn't known yet"),
    RefundRefused: _always("Something was paid back that doesn't fit its order"),
    PointsSpent: _always("Spent"),
    SpendReversed: _spend_reversed,
    PointsActivated: _always(BY_TIME[ACTIVATED]),
    PointsExpired: _always(BY_TIME[EXPIRED]),
    PointsHeld: _always("Kept aside"),
    HoldCaptured: _captured,
    HoldReleased: _released,
    PendingActivated: _always("What the points waited for came"),
    PendingCancelled: _always("Taken back, as what the points waited for won't come"),
    PointsWithheld: _always("Kept back until somebody has looked"),
    PointsCleared: _always("Somebody has looked, and nothing is wrong"),
    PointsGiven: _always("Given to another member"),
    PointsReceived: _received,
    AdjustmentProposed: _always("An adjustment waits for a second person"),
    PointsAdjusted: _adjusted,
    AdjustmentRefused: _always("An adjustment was refused"),
    AccountFrozen: _always("The account was frozen"),
    AccountUnfrozen: _always("The account was unfrozen"),
    PointsForfeited: _always("Lapsed, as the account was closed"),
    AccountClosed: _always("The account was closed"),
    ActivityNoted: _always("Activity that keeps points alive"),
    ExpirySuspended: _always("Points no longer lapse"),
    ExpiryResumed: _always("Points lapse again"),
    FactJudged: _always("Judged by the programme's rules"),
    PointsRestored: _always("Given back: they hadn't lapsed"),
}
"""What is said of each kind of event but earning, which is said by its rule; a test holds that none is missing."""
