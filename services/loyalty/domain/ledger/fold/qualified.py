"""What was earned of each currency, by when: added up for tiers, which don't care what became of it since."""

from services.loyalty.domain.ledger.events import PointsEarned, PointsReversed
from services.loyalty.domain.ledger.lot import lot_id
from services.loyalty.domain.tiers.earnings import Earning, Earnings, Reversal
from services.loyalty.domain.tiers.period import ALWAYS

Qualified = dict[str, Earnings]


def with_earned(qualified: Qualified, event: PointsEarned) -> Qualified:
    """Return it with what an order earned; several lots of one order are one qualifying event."""
    earnings = qualified.get(event.points_currency, Earnings())
    earning = Earning(lot_id(event.source, event.order_id), event.earned_at, event.points)
    return {**qualified, event.points_currency: earnings.earned(earning)}


def with_taken_back(qualified: Qualified, event: PointsReversed) -> Qualified:
    """Return it less what a refund took back, from the refund on; from the beginning, where its time isn't told."""
    earnings = qualified.get(event.points_currency)
    if earnings is None:
        return qualified
    name = lot_id(event.source, event.order_id)
    reversal = Reversal(f"{event.lot_id}:{event.refund_id}", event.refunded_at or ALWAYS, event.points)
    return {**qualified, event.points_currency: earnings.taken_back(name, reversal)}
