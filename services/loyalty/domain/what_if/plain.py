"""What an account earned by the plain rule: the same on both sides, as no programme's rules were asked."""

from datetime import datetime

from services.loyalty.domain.ledger.events import PointsEarned, PointsReversed
from services.loyalty.domain.ledger.lot import lot_id
from services.loyalty.domain.tiers.earnings import Earning, Reversal
from services.loyalty.domain.tiers.period import ALWAYS


class Plain:
    """Earnings by currency and order; they count for tiers beside those of a programme's facts."""

    __slots__ = ("_earned",)

    def __init__(self) -> None:
        self._earned: dict[str, dict[str, Earning]] = {}

    def take(self, event: PointsEarned | PointsReversed, until: datetime) -> None:
        """Take in an event about an order's only lot; lots of a programme's effects are told by their facts."""
        name = lot_id(event.source, event.order_id)
        if event.lot_id != name:
            return
        of_currency = self._earned.setdefault(event.points_currency, {})
        if isinstance(event, PointsEarned):
            if event.earned_at < until:
                of_currency[name] = Earning(name, event.earned_at, event.points)
        elif name in of_currency:
            known = of_currency[name]
            taken = Reversal(event.refund_id, event.refunded_at or ALWAYS, event.points)
            of_currency[name] = Earning(name, known.at, known.points, reversals=(*known.reversals, taken))

    def earned(self, currency: str) -> tuple[Earning, ...]:
        """Return what was earned of a currency."""
        return tuple(self._earned.get(currency, {}).values())
