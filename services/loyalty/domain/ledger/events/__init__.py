"""What happens to an account. Each event that moves points says, for readers, what is spendable after it.

The fold never trusts `balance_after`: as of a moment, or as known then, events before it may not count.
An event is about points of one currency, its `points_currency`.
"""

from services.loyalty.domain.ledger.events.adjustments import AdjustmentProposed, AdjustmentRefused, PointsAdjusted
from services.loyalty.domain.ledger.events.earning import (
    MemberEnrolled,
    NothingEarned,
    PointsEarned,
    PointsReversed,
    ProgrammeChosen,
    RefundAwaited,
    RefundRefused,
)
from services.loyalty.domain.ledger.events.holds import HoldCaptured, HoldReleased, PointsHeld
from services.loyalty.domain.ledger.events.judging import FactJudged
from services.loyalty.domain.ledger.events.pending import (
    PendingActivated,
    PendingCancelled,
    PointsCleared,
    PointsWithheld,
)
from services.loyalty.domain.ledger.events.renewal import (
    ActivityNoted,
    ExpiryResumed,
    ExpirySuspended,
    PointsRestored,
)
from services.loyalty.domain.ledger.events.spending import PointsSpent, SpendReversed
from services.loyalty.domain.ledger.events.standing import (
    AccountClosed,
    AccountFrozen,
    AccountUnfrozen,
    PointsForfeited,
)
from services.loyalty.domain.ledger.events.time import PointsActivated, PointsExpired
from services.loyalty.domain.ledger.events.transfers import PassedOn, PointsGiven, PointsReceived

__all__ = [
    "AccountClosed",
    "AccountFrozen",
    "AccountUnfrozen",
    "ActivityNoted",
    "AdjustmentProposed",
    "AdjustmentRefused",
    "Event",
    "ExpiryResumed",
    "ExpirySuspended",
    "FactJudged",
    "HoldCaptured",
    "HoldReleased",
    "MemberEnrolled",
    "Moving",
    "NothingEarned",
    "PassedOn",
    "PendingActivated",
    "PendingCancelled",
    "PointsActivated",
    "PointsAdjusted",
    "PointsCleared",
    "PointsEarned",
    "PointsExpired",
    "PointsForfeited",
    "PointsGiven",
    "PointsHeld",
    "PointsReceived",
    "PointsRestored",
    "PointsReversed",
    "PointsSpent",
    "PointsWithheld",
    "ProgrammeChosen",
    "RefundAwaited",
    "RefundRefused",
    "SpendReversed",
]

Event = (
    MemberEnrolled
    | ProgrammeChosen
    | PointsEarned
    | NothingEarned
    | PointsReversed
    | RefundAwaited
    | RefundRefused
    | PointsSpent
    | SpendReversed
    | PointsActivated
    | PointsExpired
    | PointsHeld
    | HoldCaptured
    | HoldReleased
    | PendingActivated
    | PendingCancelled
    | PointsWithheld
    | PointsCleared
    | PointsGiven
    | PointsReceived
    | AdjustmentProposed
    | PointsAdjusted
    | AdjustmentRefused
    | AccountFrozen
    | AccountUnfrozen
    | PointsForfeited
    | AccountClosed
    | ActivityNoted
    | ExpirySuspended
    | ExpiryResumed
    | FactJudged
    | PointsRestored
)

Moving = (
    PointsEarned
    | PointsReversed
    | PointsSpent
    | SpendReversed
    | PointsActivated
    | PointsExpired
    | PointsHeld
    | HoldCaptured
    | HoldReleased
    | PendingActivated
    | PendingCancelled
    | PointsWithheld
    | PointsGiven
    | PointsReceived
    | PointsAdjusted
    | PointsForfeited
    | PointsRestored
)
"""The events that move points, and state the balance after it."""
