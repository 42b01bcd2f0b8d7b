"""An account as decisions need it: its lots, its spends, its debt, and what it has already seen."""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal

from msgspec import Struct

LARGEST = 2**63 - 1
"""Points are 64-bit integers; what would pass this is refused, never wrapped."""

_NEVER = datetime.max.replace(tzinfo=UTC)


class Lot(Struct, frozen=True):
    """The points of one order. Always: points = active + spent + reversed, each >= 0."""

    lot_id: str
    gross: Decimal
    net: Decimal
    currency: str
    rule_version: int
    points: int = 0
    spent: int = 0
    reversed: int = 0
    earned_at: datetime = _NEVER
    activates_at: datetime | None = None
    expires_at: datetime | None = None

    @property
    def active(self) -> int:
        """Points that can be spent."""
        return self.points - self.spent - self.reversed


class SpendMade(Struct, frozen=True):
    """A spend and where its points came from."""

    points: int
    reason: str
    allocations: dict[str, int]
    reversed: bool = False


class Account(Struct, frozen=True):
    """One member's ledger. `debt` > 0 implies `balance` = 0."""

    enrolled: bool = False
    balance: int = 0
    debt: int = 0
    lots: dict[str, Lot] = {}
    spends: dict[str, SpendMade] = {}
    refunds: dict[str, Decimal] = {}
    waiting: dict[str, tuple[tuple[str, Decimal], ...]] = {}


def spending_order(lot: Lot) -> tuple[datetime, datetime, datetime, str]:
    """Return the key by which lots are spent: soonest to expire (none last), then activated, earned, and by id."""
    return (lot.expires_at or _NEVER, lot.activates_at or lot.earned_at, lot.earned_at, lot.lot_id)


def allocate(lots: Iterable[Lot], points: int) -> dict[str, int]:
    """Return from which lots `points` are taken, in spending order; fewer where the lots hold fewer."""
    allocations: dict[str, int] = {}
    for lot in sorted((lot for lot in lots if lot.active > 0), key=spending_order):
        if points == 0:
            break
        taken = min(points, lot.active)
        allocations[lot.lot_id] = taken
        points -= taken
    return allocations


def lot_id(source: str, order_id: str) -> str:
    """Return the name of an order's lot; it is what makes an order count once."""
    return f"{source}:{order_id}"
