"""The events that loyalty publishes."""

from services.loyalty.domain.codes import events as codes
from services.loyalty.domain.earning.budget import BudgetUsed
from services.loyalty.domain.ledger import events
from services.loyalty.domain.partners import entry
from services.loyalty.domain.partners import events as partners
from services.loyalty.domain.programme.events import ProgrammePublished
from services.loyalty.domain.redeeming import allowance, redemption
from services.loyalty.domain.rewards import events as rewards
from services.loyalty.domain.tiers import events as tiers
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
        "tier-changed.v1": tiers.TierChanged,
        "tier-kept.v1": tiers.TierKept,
        "tier-granted.v1": tiers.TierGranted,
        "tier-grant-ended.v1": tiers.TierGrantEnded,
        "partner-agreed.v1": partners.PartnerAgreed,
        "partner-entry-booked.v1": partners.PartnerEntryBooked,
        "partner-month-closed.v1": partners.PartnerMonthClosed,
        "partner-entry-kept.v1": entry.EntryKept,
        "partner-entry-reduced.v1": entry.EntryReduced,
        "reward-published.v1": rewards.RewardPublished,
        "reward-changed.v1": rewards.RewardChanged,
        "reward-withdrawn.v1": rewards.RewardWithdrawn,
        "stock-added.v1": rewards.StockAdded,
        "stock-corrected.v1": rewards.StockCorrected,
        "codes-added.v1": rewards.CodesAdded,
        "reward-taken.v1": rewards.RewardTaken,
        "stock-reserved.v1": rewards.StockReserved,
        "reservation-confirmed.v1": rewards.ReservationConfirmed,
        "reservation-released.v1": rewards.ReservationReleased,
        "reservation-lapsed.v1": rewards.ReservationLapsed,
        "reward-returned.v1": rewards.RewardReturned,
        "code-loaded.v1": codes.CodeLoaded,
        "code-given.v1": codes.CodeGiven,
        "code-redeemed.v1": codes.CodeRedeemed,
        "code-voided.v1": codes.CodeVoided,
        "code-batch-loaded.v1": codes.CodeBatchLoaded,
        "allowance-used.v1": allowance.AllowanceUsed,
        "allowance-kept.v1": allowance.AllowanceKept,
        "allowance-returned.v1": allowance.AllowanceReturned,
        "redemption-made.v1": redemption.RedemptionMade,
        "redemption-fulfilled.v1": redemption.RedemptionFulfilled,
        "redemption-failed.v1": redemption.RedemptionFailed,
        "redemption-cancelled.v1": redemption.RedemptionCancelled,
        "redemption-timed-out.v1": redemption.RedemptionTimedOut,
    },
)
