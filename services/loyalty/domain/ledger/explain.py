"""Why: the arithmetic of each event in words."""

from collections.abc import Callable, Mapping
from typing import Any

from services.loyalty.domain.ledger.events import (
    AccountClosed,
    AccountFrozen,
    AccountUnfrozen,
    ActivityNoted,
    AdjustmentProposed,
    AdjustmentRefused,
    Event,
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
from services.loyalty.domain.ledger.movements import ACTIVATED, RELEASED, Movement
from services.loyalty.domain.programme.rules import CURRENT
from services.loyalty.domain.programme.terms import sentence


def arithmetic(event: Event) -> str:
    """Return how the event's points came about."""
    return WORDS[type(event)](event)


def _enrolled(_: MemberEnrolled) -> str:
    return "the account begins with 0 points"


def _chosen(event: ProgrammeChosen) -> str:
    return f"the member belongs to the programme {event.programme}"


def _earned(event: PointsEarned) -> str:
    repaid = f", {event.debt_repaid} of them repaid a debt" if event.debt_repaid else ""
    reckoned = f"floor({event.net} {event.currency})" if event.rule == CURRENT.name else f"rule {event.rule}"
    return f"{reckoned} = {event.points} points{repaid}{_lifetime(event)}"


def _lifetime(event: PointsEarned) -> str:
    if event.terms is None:
        return ""
    if event.awaits:
        return f"; {sentence(event.terms)}"
    begins = (event.activates_at or event.earned_at).isoformat()
    ends = f" until before {event.expires_at.isoformat()}" if event.expires_at else ""
    return f"; {sentence(event.terms)}: from {begins}{ends}"


def _judged(event: FactJudged) -> str:
    said = " + ".join(f"{points} by {lot_id}" for lot_id, points in event.stands.items())
    return f"by version {event.judged.trace.version} of {event.programme_id}: {said or 'nothing'}"


def _nothing(event: NothingEarned) -> str:
    return "the account was closed" if event.closed else f"floor({event.net} {event.currency}) = 0 points"


def _reversed(event: PointsReversed) -> str:
    owed = f", {event.debt} of them are owed" if event.debt else ""
    before = f", {event.cancelled} of them were before" if event.cancelled else ""
    before += f", {event.waived} of them are waived" if event.waived else ""
    reckoned = f"floor({event.net_before}) - floor({event.net_after})"
    if event.lot_id != f"{event.source}:{event.order_id}":
        reckoned = f"with {event.net_after} left" if event.refund_id else "with a fact that was told late"
    return f"{reckoned} = {event.points} points taken back{before}{owed}"


def _awaited(event: RefundAwaited) -> str:
    return f"a refund of {event.amount} waits for its order"


def _refused(event: RefundRefused) -> str:
    return f"a refund of {event.amount} doesn't fit: {event.refundable} were left"


def _spent(event: PointsSpent) -> str:
    shared = "" if event.whole is None else f", of a spend of {event.whole} that several share"
    return f"{_sum(event.allocations)} = {event.points} points spent{shared}"


def _spend_reversed(event: SpendReversed) -> str:
    back = f"{_sum(event.allocations)} = {event.points} points returned to their lots"
    return f"{back}{_lost(event.forfeited)}{_living(event)}"


def _living(event: SpendReversed) -> str:
    parts = {part.lot_id: part.points for part in event.revived}
    return f", {_sum(parts)} live on in lots of their own" if parts else ""


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


def _pending_activated(event: PendingActivated) -> str:
    ends = f" until before {event.expires_at.isoformat()}" if event.expires_at else ""
    into = f", as lot {event.into}" if event.into else ""
    waited = f"{event.points} of {event.lot_id} waited for what came on {event.acted_at.isoformat()}"
    return f"{waited}: from {event.activates_at.isoformat()}{ends}{into}"


def _pending_cancelled(event: PendingCancelled) -> str:
    return f"{event.points} of {event.lot_id} waited for what won't come, and are taken back"


def _withheld(event: PointsWithheld) -> str:
    until = "until someone has looked" if event.until is None else f"until before {event.until.isoformat()}"
    waits = f"; they wait for {event.awaits} as well" if event.awaits else ""
    return f"{event.points} of {event.lot_id} look suspicious, and can't be spent {until}{waits}"


def _cleared(event: PointsCleared) -> str:
    looked = f"someone has looked on {event.cleared_at.isoformat()}, and nothing is wrong"
    return f"{event.points} of {event.lot_id} wait for their action alone: {looked}"


def _given(event: PointsGiven) -> str:
    shared = "" if event.whole is None else f", of a gift of {event.whole} that several share"
    return f"{_sum(event.allocations)} = {event.points} points given to {event.to}{shared}"


def _received(event: PointsReceived) -> str:
    parts = {part.origin: part.points for part in event.lots}
    repaid = f", {sum(event.repaid.values())} of them repaid a debt" if event.repaid else ""
    return f"{_sum(parts)} = {event.points} points from {event.giver}{repaid}"


def _proposed(event: AdjustmentProposed) -> str:
    return f"{event.actor} asks for {event.points:+} points: a second person must confirm it"


def _adjusted(event: PointsAdjusted) -> str:
    by = event.actor if event.confirmed_by is None else f"{event.actor}, confirmed by {event.confirmed_by}"
    repaid = f", {event.debt_repaid} of them repaid a debt" if event.debt_repaid else ""
    return f"{event.points:+} points by hand, by {by}{repaid}"


def _adjustment_refused(event: AdjustmentRefused) -> str:
    return f"{event.actor} refused the adjustment: nothing was moved"


def _frozen(event: AccountFrozen) -> str:
    return f"{event.actor} froze the account: nothing can leave it"


def _unfrozen(event: AccountUnfrozen) -> str:
    return f"{event.actor} unfroze the account"


def _forfeited(event: PointsForfeited) -> str:
    waived = f", {event.waived} that were owed are waived" if event.waived else ""
    return f"{_sum(event.allocations)} = {event.points} points lapsed with the close of the account{waived}"


def _closed(event: AccountClosed) -> str:
    return f"{event.actor} closed the account"


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
    ProgrammeChosen: _chosen,
    FactJudged: _judged,
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
    PointsGiven: _given,
    PointsReceived: _received,
    AdjustmentProposed: _proposed,
    PointsAdjusted: _adjusted,
    AdjustmentRefused: _adjustment_refused,
    AccountFrozen: _frozen,
    AccountUnfrozen: _unfrozen,
    PointsForfeited: _forfeited,
    AccountClosed: _closed,
    PendingActivated: _pending_activated,
    PendingCancelled: _pending_cancelled,
    PointsWithheld: _withheld,
    PointsCleared: _cleared,
    ActivityNoted: _noted,
    ExpirySuspended: _suspended,
    ExpiryResumed: _resumed,
    PointsRestored: _restored,
}
"""The words for each kind of event; a test holds that none is missing."""
