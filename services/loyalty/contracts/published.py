"""The events that loyalty publishes."""

from services.loyalty.domain.earning.budget import BudgetUsed
from services.loyalty.domain.ledger import events
from services.loyalty.domain.partners import events as partners
from services.loyalty.domain.programme.events import ProgrammePublished
from shared.events import Catalogue

PUBLISHED = Catalogue(
    "loyalty",
    {
        "member-enrolled.v1": events.MemberEnrolled,
        "points-earned.v1": events.PointsEarned,
        "fact-judged.v1": events.FactJudged,
        "nothing-earned.v1": events.NothingEarned,
        "points-reversed.v1": events.PointsReversed,
        "refund-awaited.v1": events.RefundAwaited,
        "refund-refused.v1": events.RefundRefused,
        "points-spent.v1": events.PointsSpent,
        "spend-reversed.v1": events.SpendReversed,
        "points-held.v1": events.PointsHeld,
        "hold-captured.v1": events.HoldCaptured,
        "hold-released.v1": events.HoldReleased,
        "pending-activated.v1": events.PendingActivated,
        "pending-cancelled.v1": events.PendingCancelled,
        "points-given.v1": events.PointsGiven,
        "points-received.v1": events.PointsReceived,
        "adjustment-proposed.v1": events.AdjustmentProposed,
        "points-adjusted.v1": events.PointsAdjusted,
        "adjustment-refused.v1": events.AdjustmentRefused,
        "account-frozen.v1": events.AccountFrozen,
        "account-unfrozen.v1": events.AccountUnfrozen,
        "points-forfeited.v1": events.PointsForfeited,
        "account-closed.v1": events.AccountClosed,
        "activity-noted.v1": events.ActivityNoted,
        "expiry-suspended.v1": events.ExpirySuspended,
        "expiry-resumed.v1": events.ExpiryResumed,
        "points-restored.v1": events.PointsRestored,
        "points-activated.v1": events.PointsActivated,
        "points-expired.v1": events.PointsExpired,
        "budget-used.v1": BudgetUsed,
        "programme-published.v1": ProgrammePublished,
        "partner-agreed.v1": partners.PartnerAgreed,
        "partner-entry-booked.v1": partners.PartnerEntryBooked,
        "partner-month-closed.v1": partners.PartnerMonthClosed,
    },
)
