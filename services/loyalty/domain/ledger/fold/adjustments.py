"""What adjustments add to an account."""

from msgspec import structs

from services.loyalty.domain.ledger.account import Account, AdjustmentMade
from services.loyalty.domain.ledger.events import AdjustmentProposed, AdjustmentRefused, PointsAdjusted
from services.loyalty.domain.ledger.fold.adding import added, owing
from services.loyalty.domain.ledger.lifetime import lives_by_activity
from services.loyalty.domain.ledger.lot import ALWAYS, BY_HAND, Lot


def proposed(account: Account, event: AdjustmentProposed) -> Account:
    """Return the account with an adjustment that waits for a second person."""
    made = AdjustmentMade(event.points, event.reason, event.actor, "proposed", event.points_currency)
    known = account.adjustments
    return structs.replace(account, adjustments={**known, event.adjustment_id: known.get(event.adjustment_id, made)})


def adjusted(account: Account, event: PointsAdjusted) -> Account:
    """Return the account with the points given, in a lot of their own, or taken from its lots."""
    currency = event.points_currency
    known = account.adjustments.get(event.adjustment_id)
    reason = event.reason or (known.reason if known else "")
    made = AdjustmentMade(event.points, reason, event.actor, "made", currency)
    lots = added(account.kept, currency, "reversed", event.allocations)
    lots = added(lots, currency, "awaited", event.pending, -1)
    if event.lot_id:
        lots[event.lot_id] = _given(lots.get(event.lot_id) or Lot(event.lot_id), event)
    return structs.replace(
        account,
        kept=lots,
        debts=owing(account, currency, -event.debt_repaid),
        adjustments={**account.adjustments, event.adjustment_id: made},
        renews=account.renews or lives_by_activity(event.terms),
    )


def _given(lot: Lot, event: PointsAdjusted) -> Lot:
    return structs.replace(
        lot,
        points=event.points,
        spent=lot.spent + event.debt_repaid,
        earned_at=event.adjusted_at or ALWAYS,
        activates_at=event.adjusted_at or ALWAYS,
        expires_at=event.expires_at,
        points_currency=event.points_currency,
        rule=BY_HAND,
        terms=event.terms,
    )


def refused(account: Account, event: AdjustmentRefused) -> Account:
    """Return the account with an adjustment that a second person refused."""
    known = account.adjustments.get(event.adjustment_id) or AdjustmentMade(0, "", "", "refused")
    made = structs.replace(known, status="refused")
    return structs.replace(account, adjustments={**account.adjustments, event.adjustment_id: made})
