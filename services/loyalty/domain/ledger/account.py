"""An account as decisions need it: its lots, its spends, its debts, and what it has already seen."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from msgspec import Struct

from services.loyalty.domain.ledger.currencies import POINTS
from services.loyalty.domain.ledger.lifetime import Span, living
from services.loyalty.domain.ledger.lot import Lot

LARGEST = 2**63 - 1
"""Points are 64-bit integers; what would pass this is refused, never wrapped."""


class SpendMade(Struct, frozen=True):
    """A spend and where its points came from; `whole` counts those of merged members too."""

    points: int
    whole: int
    reason: str
    allocations: dict[str, int]
    reversed: bool = False
    points_currency: str = POINTS


class HoldMade(Struct, frozen=True):
    """A hold and where its points come from; `whole` counts those of merged members too."""

    points: int
    whole: int = 0
    reason: str = ""
    allocations: dict[str, int] = {}
    until: datetime | None = None
    points_currency: str = POINTS
    ended: bool = False

    def is_over(self, now: datetime) -> bool:
        """Half-open: at `until` itself it is over, whether that is booked or not."""
        return self.until is not None and self.until <= now


class Waiting(Struct, frozen=True):
    """A refund that came before its order, and when it was made."""

    refund_id: str
    amount: Decimal
    refunded_at: datetime | None = None


class Account(Struct, frozen=True):
    """One member's ledger: lots, balances and debts of each point currency.

    Nothing here depends on a clock: a balance is what the account has at a moment.
    `kept` are the lots as the events left them: ask for `lots`.
    """

    enrolled: bool = False
    customer_id: UUID | None = None
    debts: dict[str, int] = {}
    kept: dict[str, Lot] = {}
    spends: dict[str, SpendMade] = {}
    holds: dict[str, HoldMade] = {}
    refunds: dict[str, Decimal] = {}
    waiting: dict[str, tuple[Waiting, ...]] = {}
    renews: bool = False
    activity: tuple[datetime, ...] = ()
    exemptions: tuple[Span, ...] = ()

    @property
    def lots(self) -> Mapping[str, Lot]:
        """The lots by name. Where activity renews them, or the member is exempt from expiry, their ends say so."""
        return living(self.kept, self.activity, self.exemptions) if self.renews or self.exemptions else self.kept

    def of(self, currency: str) -> Iterator[Lot]:
        """Yield the lots of one currency."""
        return (lot for lot in self.lots.values() if lot.points_currency == currency)

    def owed(self, currency: str = POINTS) -> int:
        """What is owed, and repaid by the next earnings of the currency."""
        return self.debts.get(currency, 0)

    def net(self, now: datetime, currency: str = POINTS) -> int:
        """What can be spent at `now`, less what is owed."""
        return sum(lot.active(now) for lot in self.of(currency)) - self.owed(currency)

    def balance(self, now: datetime, currency: str = POINTS) -> int:
        """What can be spent at `now`; never negative."""
        return max(0, self.net(now, currency))

    def pending(self, now: datetime, currency: str = POINTS) -> int:
        """What can be spent later."""
        return sum(lot.pending(now) for lot in self.of(currency))

    def held(self, now: datetime, currency: str = POINTS) -> int:
        """What is kept for something that is still to be captured or released."""
        return sum(lot.held(now) for lot in self.of(currency) if lot.holdings)
