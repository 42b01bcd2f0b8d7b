"""An account as decisions need it: its lots, its spends, its debt, and what it has already seen."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from msgspec import Struct

LARGEST = 2**63 - 1
"""Points are 64-bit integers; what would pass this is refused, never wrapped."""

ALWAYS = datetime.min.replace(tzinfo=UTC)


class Lot(Struct, frozen=True):
    """The points of one order. At any time: points = pending + active + spent + expired + reversed, each >= 0.

    What a lot is at a moment follows from the moment alone. `awaited` and
    `lapsed` only tell how many of its points the journal has under "pending" and
    under "breakage": that much of what time did is booked.

    Where the earning doesn't count (it wasn't known then), a lot holds `points`
    of 0 and may be overdrawn: `left` is negative, and the account bears it.
    """

    lot_id: str
    gross: Decimal = Decimal(0)
    refunded: Decimal = Decimal(0)
    currency: str = ""
    rule_version: int = 0
    points: int = 0
    spent: int = 0
    reversed: int = 0
    earned_at: datetime = ALWAYS
    activates_at: datetime = ALWAYS
    expires_at: datetime | None = None
    awaited: int = 0
    lapsed: int = 0

    @property
    def net(self) -> Decimal:
        """What is left of the order's amount."""
        return self.gross - self.refunded

    @property
    def left(self) -> int:
        """Points that were neither spent nor taken back, whatever time made of them."""
        return self.points - self.spent - self.reversed

    def has_expired(self, now: datetime) -> bool:
        """Half-open: at `expires_at` itself it is too late."""
        return self.expires_at is not None and self.expires_at <= now

    def is_pending(self, now: datetime) -> bool:
        """At `activates_at` itself it is no longer so."""
        return now < self.activates_at

    def pending(self, now: datetime) -> int:
        """Points that can't be spent yet."""
        return self.left if self.is_pending(now) else 0

    def active(self, now: datetime) -> int:
        """Points that can be spent."""
        return 0 if self.is_pending(now) or self.has_expired(now) else self.left

    def expired(self, now: datetime) -> int:
        """Points that were never spent in time."""
        return self.left if self.has_expired(now) else 0


class SpendMade(Struct, frozen=True):
    """A spend and where its points came from; `whole` counts those of merged members too."""

    points: int
    whole: int
    reason: str
    allocations: dict[str, int]
    reversed: bool = False


class Waiting(Struct, frozen=True):
    """A refund that came before its order, and when it was made."""

    refund_id: str
    amount: Decimal
    refunded_at: datetime | None = None


class Account(Struct, frozen=True):
    """One member's ledger.

    Nothing here depends on a clock: a balance is what the account has at a moment.
    """

    enrolled: bool = False
    customer_id: UUID | None = None
    debt: int = 0
    lots: dict[str, Lot] = {}
    spends: dict[str, SpendMade] = {}
    refunds: dict[str, Decimal] = {}
    waiting: dict[str, tuple[Waiting, ...]] = {}

    def net(self, now: datetime) -> int:
        """What can be spent at `now`, less what is owed."""
        return sum(lot.active(now) for lot in self.lots.values()) - self.debt

    def balance(self, now: datetime) -> int:
        """What can be spent at `now`; never negative."""
        return max(0, self.net(now))

    def pending(self, now: datetime) -> int:
        """What can be spent later."""
        return sum(lot.pending(now) for lot in self.lots.values())


def lot_id(source: str, order_id: str) -> str:
    """Return the name of an order's lot; it is what makes an order count once."""
    return f"{source}:{order_id}"
