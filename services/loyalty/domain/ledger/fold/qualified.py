"""What was earned of each currency, by when: added up for tiers, which don't care what became of it since."""

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.events import PointsEarned, PointsReversed
from services.loyalty.domain.ledger.lot import lot_id
from services.loyalty.domain.tiers.earnings import Earning, Earnings, Reversal
from services.loyalty.domain.tiers.period import ALWAYS

Qualified = dict[str, Earnings]


def with_earned(account: Account, event: PointsEarned) -> Qualified:
    """Return what was earned of each currency, with the event."""
    known = account.qualified.get(event.points_currency, Earnings())
    return {**account.qualified, event.points_currency: known.earned(qualifying(event))}


def with_taken_back(account: Account, event: PointsReversed) -> Qualified:
    """Return what was earned of each currency, less what the event took back."""
    known = account.qualified.get(event.points_currency, Earnings())
    return {**account.qualified, event.points_currency: _taken_back(known, event)}


def qualifying(event: PointsEarned) -> Earning:
    """Return what counts for a tier; several lots of one order are one qualifying event."""
    return Earning(lot_id(event.source, event.order_id), event.earned_at, event.points)


def _taken_back(earnings: Earnings, event: PointsReversed) -> Earnings:
    """A refund counts from its time on; from the beginning, where that isn't told. A correction may come again."""
    name = lot_id(event.source, event.order_id)
    reversal_id = f"{event.lot_id}:{event.refund_id or earnings.times_taken_back(name)}"
    return earnings.taken_back(name, Reversal(reversal_id, event.refunded_at or ALWAYS, event.points))
