"""An account as decisions need it: its lots, its spends, its debts, and what it has already seen."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from msgspec import Struct, structs

from services.loyalty.domain.earning.judging import Earnings
from services.loyalty.domain.ledger.currencies import POINTS
from services.loyalty.domain.ledger.lifetime import Span, living, spans_of
from services.loyalty.domain.ledger.lot import Lot
from services.loyalty.domain.tiers.earnings import Earnings as Qualifying

LARGEST = 2**63 - 1
"""Points are 64-bit integers; what would pass this is refused, never wrapped."""


class SpendMade(Struct, frozen=True, gc=False):
    """A spend and where its points came from; `whole` counts those of merged members too."""

    points: int
    whole: int
    reason: str
    allocations: dict[str, int]
    reversed: bool = False
    points_currency: str = POINTS


class HoldMade(Struct, frozen=True, gc=False):
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


class GiftMade(Struct, frozen=True, gc=False):
    """Points that were given to another member; `whole` counts those of merged members too."""

    to: UUID
    points: int
    whole: int
    reason: str
    points_currency: str = POINTS


class AdjustmentMade(Struct, frozen=True, gc=False):
    """An adjustment by hand: proposed, made or refused."""

    points: int
    reason: str
    actor: str
    status: Literal["proposed", "made", "refused"]
    points_currency: str = POINTS


class Waiting(Struct, frozen=True, gc=False):
    """A refund that came before its order, and when it was made."""

    refund_id: str
    amount: Decimal
    refunded_at: datetime | None = None


class Account(Struct, frozen=True, gc=False):
    """One member's ledger: lots, balances and debts of each point currency.

    Nothing here depends on a clock: a balance is what the account has at a moment.
    `qualified` is what was earned of each, by when, whatever became of it since: tiers follow from that.
    `kept` are the lots as the events left them: ask for `lots`. `earnings` are the facts
    that a programme's rules judged, `standing` (by fact, by lot) the points that its lots stand for.
    `programme` is the one that the member chose; "": none, so that they belong to the usual one.
    """

    enrolled: bool = False
    customer_id: UUID | None = None
    debts: dict[str, int] = {}
    kept: dict[str, Lot] = {}
    spends: dict[str, SpendMade] = {}
    holds: dict[str, HoldMade] = {}
    refunds: dict[str, Decimal] = {}
    waiting: dict[str, tuple[Waiting, ...]] = {}
    actions: dict[str, int] = {}
    gifts: dict[str, GiftMade] = {}
    received: tuple[str, ...] = ()
    adjustments: dict[str, AdjustmentMade] = {}
    frozen: bool = False
    closed: bool = False
    renews: bool = False
    activity: tuple[datetime, ...] = ()
    suspended: tuple[datetime, ...] = ()
    resumed: tuple[datetime, ...] = ()
    enrolled_at: datetime | None = None
    programme: str = ""
    qualified: dict[str, Qualifying] = {}
    earnings: Earnings = Earnings()
    standing: dict[str, dict[str, int]] = {}

    @property
    def lots(self) -> Mapping[str, Lot]:
        """The lots by name. Where activity renews them, or the member is exempt from expiry, their ends say so."""
        return living(self.kept, self.activity, self.exemptions) if self.renews or self.suspended else self.kept

    @property
    def exemptions(self) -> tuple[Span, ...]:
        """The times in which nothing lapses."""
        return spans_of(self.suspended, self.resumed)

    def settled(self) -> "Account":
        """Return the account to be asked, not to be folded on: the ends of its lots are worked out once."""
        if not (self.renews or self.suspended):
            return self
        return structs.replace(self, kept={**self.lots}, renews=False, suspended=())

    def has_earned(self, name: str) -> bool:
        """Tell whether an order is known, by the plain rule or by a programme's."""
        return name in self.kept or name in self.standing

    def of(self, currency: str) -> Iterator[Lot]:
        """Yield the lots of one currency."""
        return (lot for lot in self.lots.values() if lot.points_currency == currency)

    def owed(self, currency: str = POINTS) -> int:
        """What is owed, and repaid by the next earnings of the currency."""
        return self.debts.get(currency, 0)

    def net(self, now: datetime, currency: str = POINTS) -> int:
        """What can be spent at `now`, less what is owed."""
        active = sum(lot.active(now) for lot in self.lots.values() if lot.points_currency == currency)
        return active - self.owed(currency)

    def balance(self, now: datetime, currency: str = POINTS) -> int:
        """What can be spent at `now`; never negative."""
        return max(0, self.net(now, currency))

    def pending(self, now: datetime, currency: str = POINTS) -> int:
        """What can be spent later."""
        return sum(lot.pending(now) for lot in self.of(currency))

    def blocked(self, now: datetime, currency: str = POINTS) -> int:
        """What of the balance can't be spent while the account is frozen."""
        return self.balance(now, currency) if self.frozen else 0

    def held(self, now: datetime, currency: str = POINTS) -> int:
        """What is kept for something that is still to be captured or released."""
        return sum(lot.held(now) for lot in self.of(currency) if lot.holdings)
