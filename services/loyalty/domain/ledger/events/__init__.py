"""What happens to an account. Each event that moves points says, for readers, what is spendable after it.

The fold never trusts `balance_after`: as of a moment, or as known then, events before it may not count.
An event is about points of one currency, its `points_currency`.
"""

from services.loyalty.domain.ledger.events.earning import (
    MemberEnrolled,
    NothingEarned,
    PointsEarned,
    PointsReversed,
    RefundAwaited,
    RefundRefused,
)
from services.loyalty.domain.ledger.events.holds import HoldCaptured, HoldReleased, PointsHeld
from services.loyalty.domain.ledger.events.renewal import (
    ActivityNoted,
    ExpiryResumed,
    ExpirySuspended,
    PointsRestored,
)
from services.loyalty.domain.ledger.events.spending import PointsSpent, SpendReversed
from services.loyalty.domain.ledger.events.time import PointsActivated, PointsExpired

__all__ = [
    "ActivityNoted",
    "Event",
    "ExpiryResumed",
    "ExpirySuspended",
    "HoldCaptured",
    "HoldReleased",
    "MemberEnrolled",
    "Moving",
    "NothingEarned",
    "PointsActivated",
    "PointsEarned",
    "PointsExpired",
    "PointsHeld",
    "PointsRestored",
    "PointsReversed",
    "PointsSpent",
    "RefundAwaited",
    "RefundRefused",
    "SpendReversed",
]

Event = (
    MemberEnrolled
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
    | ActivityNoted
    | ExpirySuspended
    | ExpiryResumed
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
    | PointsRestored
)
"""The events that move points, and state the balance after it."""
