"""What an account is after each event. Total over any selection of events: it never raises and never judges.

Each event adds what it moved, so that a fold that leaves some events out, or takes
them in the order in which they happened, still adds up.
"""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import structs

from services.loyalty.domain.ledger.account import Account
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
from services.loyalty.domain.ledger.fold import adjustments, pending, standing, transfers
from services.loyalty.domain.ledger.fold.earning import awaited, earned, reversed_
from services.loyalty.domain.ledger.fold.holds import captured, held, released
from services.loyalty.domain.ledger.fold.judging import judged
from services.loyalty.domain.ledger.fold.renewal import noted, restored, resumed, suspended
from services.loyalty.domain.ledger.fold.spending import spend_reversed, spent
from services.loyalty.domain.ledger.fold.time import activated, expired


def evolve(account: Account, event: Event) -> Account:
    """Return the account as it is after `event`."""
    return FOLD[type(event)](account, event)


def _enrolled(account: Account, event: MemberEnrolled) -> Account:
    who = {"customer_id": event.customer_id, "enrolled_at": event.enrolled_at, "programme": event.programme}
    return structs.replace(account, enrolled=True, **who)


def _chosen(account: Account, event: ProgrammeChosen) -> Account:
    return structs.replace(account, programme=event.programme)


def _unmoved(account: Account, _: RefundRefused) -> Account:
    return account


FOLD: Mapping[type[Any], Callable[[Account, Any], Account]] = {
    MemberEnrolled: _enrolled,
    ProgrammeChosen: _chosen,
    FactJudged: judged,
    PointsEarned: earned,
    NothingEarned: earned,
    PointsReversed: reversed_,
    RefundAwaited: awaited,
    RefundRefused: _unmoved,
    PointsSpent: spent,
    SpendReversed: spend_reversed,
    PointsHeld: held,
    HoldCaptured: captured,
    HoldReleased: released,
    PointsActivated: activated,
    PointsExpired: expired,
    PointsGiven: transfers.given,
    PointsReceived: transfers.received,
    AdjustmentProposed: adjustments.proposed,
    PointsAdjusted: adjustments.adjusted,
    AdjustmentRefused: adjustments.refused,
    AccountFrozen: standing.frozen,
    AccountUnfrozen: standing.unfrozen,
    PointsForfeited: standing.forfeited,
    AccountClosed: standing.closed,
    PendingActivated: pending.activated,
    PendingCancelled: pending.cancelled,
    PointsWithheld: pending.withheld,
    PointsCleared: pending.cleared,
    ActivityNoted: noted,
    ExpirySuspended: suspended,
    ExpiryResumed: resumed,
    PointsRestored: restored,
}
"""How each kind of event is folded; a test holds that none is missing."""
