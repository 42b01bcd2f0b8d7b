"""What activations and cancellations of points that waited add to an account."""

from msgspec import structs

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.events import PendingActivated, PendingCancelled, PointsCleared, PointsWithheld
from services.loyalty.domain.ledger.lifetime import lives_by_activity
from services.loyalty.domain.ledger.lot import NEVER, REVIEW, Lot


def activated(account: Account, event: PendingActivated) -> Account:
    """Return the account with the points in their time: the lot's own, or in a lot of their own."""
    lot = account.kept.get(event.lot_id) or Lot(event.lot_id, points_currency=event.points_currency)
    times = {"activates_at": event.activates_at, "expires_at": event.expires_at, "terms": event.terms}
    if event.into is None:
        waited = lot.awaited - event.points + event.pending
        looked = event.acted_at if lot.awaits == REVIEW else None
        changed = structs.replace(lot, awaited=waited, withheld_until=looked, **times)
        lots = {**account.kept, event.lot_id: changed}
    else:
        known = account.kept.get(event.into) or Lot(event.into)
        waited = known.awaited + event.pending
        rest = structs.replace(lot, transferred=lot.transferred + event.points, awaited=lot.awaited - event.points)
        part = structs.replace(
            known,
            points=event.points,
            awaited=waited,
            points_currency=event.points_currency,
            origin=event.lot_id,
            earned_at=lot.earned_at,
            rule=lot.rule,
            rule_version=lot.rule_version,
            line=lot.line,
            partner=lot.partner,
            unit_cost=lot.unit_cost,
            **times,
        )
        lots = {**account.kept, event.lot_id: rest, event.into: part}
    actions = {**account.actions, event.activation_id: event.points}
    renews = account.renews or lives_by_activity(event.terms)
    return structs.replace(account, kept=lots, actions=actions, renews=renews)


def cancelled(account: Account, event: PendingCancelled) -> Account:
    """Return the account without the points; a refund of the same order won't take them again."""
    lot = account.kept.get(event.lot_id) or Lot(event.lot_id, points_currency=event.points_currency)
    lot = structs.replace(
        lot,
        awaited=lot.awaited - event.points,
        reversed=lot.reversed + event.points,
        cancelled=lot.cancelled + event.points,
    )
    actions = {**account.actions, event.cancellation_id: event.points}
    return structs.replace(account, kept={**account.kept, event.lot_id: lot}, actions=actions)


def withheld(account: Account, event: PointsWithheld) -> Account:
    """Return the account with the lot's points waiting until they are reviewed, or their time has come."""
    lot = account.kept.get(event.lot_id) or Lot(event.lot_id, points_currency=event.points_currency)
    lot = structs.replace(
        lot,
        activates_at=NEVER if event.awaits else event.until or NEVER,
        expires_at=event.expires_at,
        awaited=lot.awaited + event.pending,
        awaits=REVIEW,
        waits_for=event.awaits,
        withheld_until=event.until,
    )
    return structs.replace(account, kept={**account.kept, event.lot_id: lot})


def cleared(account: Account, event: PointsCleared) -> Account:
    """Return the account with the lot's points waiting for their action alone; they have been looked at."""
    lot = account.kept.get(event.lot_id) or Lot(event.lot_id, points_currency=event.points_currency)
    lot = structs.replace(lot, withheld_until=event.cleared_at)
    return structs.replace(account, kept={**account.kept, event.lot_id: lot})
