"""What was earned of each currency, by when: added up for tiers, which don't care what became of it since."""

from msgspec import structs

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.events import Event, PointsEarned, PointsReversed
from services.loyalty.domain.ledger.lot import lot_id
from services.loyalty.domain.tiers.earnings import Earning, Earnings, Reversal
from services.loyalty.domain.tiers.period import ALWAYS


def qualified(account: Account, event: Event) -> Account:
    """Return the account with what the event earned, or took back, of its currency; after all others as it is."""
    if not isinstance(event, PointsEarned | PointsReversed):
        return account
    known = account.qualified.get(event.points_currency, Earnings())
    after = known.earned(qualifying(event)) if isinstance(event, PointsEarned) else _taken_back(known, event)
    return structs.replace(account, qualified={**account.qualified, event.points_currency: after})


def qualifying(event: PointsEarned) -> Earning:
    """Return what counts for a tier; several lots of one order are one qualifying event."""
    return Earning(lot_id(event.source, event.order_id), event.earned_at, event.points)


def _taken_back(earnings: Earnings, event: PointsReversed) -> Earnings:
    """A refund counts from its time on; from the beginning, where that isn't told. A correction may come again."""
    name = lot_id(event.source, event.order_id)
    reversal_id = f"{event.lot_id}:{event.refund_id or earnings.times_taken_back(name)}"
    return earnings.taken_back(name, Reversal(reversal_id, event.refunded_at or ALWAYS, event.points))
