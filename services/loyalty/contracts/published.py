"""The events that loyalty publishes."""

from services.loyalty.domain.ledger import events
from services.loyalty.domain.partners import events as partners
from shared.events import Catalogue

PUBLISHED = Catalogue(
    "loyalty",
    {
        "member-enrolled.v1": events.MemberEnrolled,
        "points-earned.v1": events.PointsEarned,
        "nothing-earned.v1": events.NothingEarned,
        "points-reversed.v1": events.PointsReversed,
        "refund-awaited.v1": events.RefundAwaited,
        "refund-refused.v1": events.RefundRefused,
        "points-spent.v1": events.PointsSpent,
        "spend-reversed.v1": events.SpendReversed,
        "points-held.v1": events.PointsHeld,
        "hold-captured.v1": events.HoldCaptured,
        "hold-released.v1": events.HoldReleased,
        "activity-noted.v1": events.ActivityNoted,
        "expiry-suspended.v1": events.ExpirySuspended,
        "expiry-resumed.v1": events.ExpiryResumed,
        "points-restored.v1": events.PointsRestored,
        "points-activated.v1": events.PointsActivated,
        "points-expired.v1": events.PointsExpired,
        "partner-agreed.v1": partners.PartnerAgreed,
        "partner-entry-booked.v1": partners.PartnerEntryBooked,
        "partner-month-closed.v1": partners.PartnerMonthClosed,
    },
)
