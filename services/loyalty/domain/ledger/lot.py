"""A lot: points that came together, and what has become of them at any moment."""

from datetime import UTC, datetime
from decimal import Decimal

from msgspec import Struct

from services.loyalty.domain.ledger.currencies import POINTS
from services.loyalty.domain.programme.terms import Terms

BY_HAND = "adjustment"
"""The rule of points that people gave by hand."""

REVIEW = "a review"
"""What points wait for that are withheld; no programme's terms can name it so, as no action holds a space."""

ALWAYS = datetime.min.replace(tzinfo=UTC)
NEVER = datetime.max.replace(tzinfo=UTC)


class UnitCost(Struct, frozen=True, gc=False):
    """What one point costs whoever pays for it."""

    amount: Decimal
    currency: str


class Holding(Struct, frozen=True, gc=False):
    """Points of a lot that a hold keeps until it ends, before `until` at the latest (None: without limit)."""

    hold_id: str
    points: int
    until: datetime | None = None

    def is_open(self, now: datetime) -> bool:
        """Half-open: at `until` itself the points are free again."""
        return self.until is None or now < self.until


class Lot(Struct, frozen=True, gc=False):
    """Points of one currency that came together.

    At any time: points = pending + active + held + spent + expired + reversed +
    transferred, each >= 0; what is active is `blocked` while the account is frozen.
    What a lot is at a moment follows from the moment alone. `awaited` and
    `lapsed` only tell how many of its points the journal has under "pending" and
    under "breakage": that much of what time did is booked.

    Where the earning doesn't count (it wasn't known then), a lot holds `points`
    of 0 and may be overdrawn: `left` is negative, and the account bears it.
    What is withheld until a review, before `withheld_until` at the latest, may wait for an action
    as well: `waits_for`.
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
    points_currency: str = POINTS
    transferred: int = 0
    forfeited: int = 0
    holdings: tuple[Holding, ...] = ()
    rule: str = ""
    line: str = ""
    partner: str = ""
    unit_cost: UnitCost | None = None
    origin: str = ""
    awaits: str = ""
    cancelled: int = 0
    terms: Terms | None = None
    waits_for: str = ""
    withheld_until: datetime | None = None

    @property
    def net(self) -> Decimal:
        """What is left of the order's amount."""
        return self.gross - self.refunded

    @property
    def left(self) -> int:
        """Points that were neither spent, taken back, passed on nor lost at a close, whatever time made of them."""
        return self.points - self.spent - self.reversed - self.transferred - self.forfeited

    @property
    def reserved(self) -> int:
        """Points under holds whose end isn't booked yet, though its time may have come."""
        return sum(holding.points for holding in self.holdings) if self.holdings else 0

    def held(self, now: datetime) -> int:
        """Points under holds that last: they don't lapse."""
        return sum(holding.points for holding in self.holdings if holding.is_open(now)) if self.holdings else 0

    def free(self, now: datetime) -> int:
        """Points that are left and under no hold."""
        return self.left - self.held(now) if self.holdings else self.left

    def has_expired(self, now: datetime) -> bool:
        """Half-open: at `expires_at` itself it is too late."""
        return self.expires_at is not None and self.expires_at <= now

    def is_pending(self, now: datetime) -> bool:
        """At `activates_at` itself it is no longer so."""
        return now < self.activates_at

    def pending(self, now: datetime) -> int:
        """Points that can't be spent yet."""
        return self.free(now) if self.is_pending(now) else 0

    def withheld(self, now: datetime) -> int:
        """Of those, the points that look suspicious."""
        over = self.withheld_until is not None and self.withheld_until <= now
        return self.pending(now) if self.awaits == REVIEW and not over else 0

    def action(self, now: datetime) -> str:
        """Return what points wait for that no time brings, a review before anything else; "": for nothing."""
        if self.activates_at != NEVER:
            return ""
        return self.awaits if self.awaits != REVIEW or self.withheld(now) else self.waits_for

    def active(self, now: datetime) -> int:
        """Points that can be spent."""
        if now < self.activates_at or (self.expires_at is not None and self.expires_at <= now):
            return 0
        return self.free(now) if self.holdings else self.left

    def expired(self, now: datetime) -> int:
        """Points that were never spent in time, or before the account was closed."""
        return self.forfeited + (self.free(now) if self.has_expired(now) else 0)


def part_of(origin: str, name: str) -> str:
    """Return the name of a lot that came out of another; no order's lot can have it, as no id holds a space."""
    return f"{origin} / {name}"


def lot_id(source: str, order_id: str) -> str:
    """Return the name of an order's lot; it is what makes an order count once."""
    return f"{source}:{order_id}"
