"""A tier table: which tiers there are, what each asks for, what it gives, and for how long it is kept."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from msgspec import Struct

from services.loyalty.domain.programme.terms import add_months
from services.loyalty.domain.tiers.period import Period

ONE = Decimal(1)


class Requires(StrEnum):
    """Where a tier names points and events: whether one of them is enough."""

    EITHER = "either"
    BOTH = "both"


class Landing(StrEnum):
    """Where a member lands at a review who has not earned their tier again."""

    EARNED = "earned"
    ONE_STEP = "one-step"


class Benefits(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a tier gives.

    `multiplier`: what the base of a purchase's spendable points, and of a partner's activity, is multiplied by.
    `reward_price`: what a reward's price is multiplied by, where the reward has no price of its own for the tier.
    """

    multiplier: Decimal = ONE
    reward_price: Decimal = ONE
    service_level: str = "standard"


class Tier(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A tier, and what must be earned within the period to reach it: qualifying points, and events if it names them.

    `formerly` are names of earlier versions whose members have this tier now.
    """

    name: str
    threshold: int
    events: int | None = None
    benefits: Benefits = Benefits()
    formerly: tuple[str, ...] = ()


class TierTable(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The tiers of a programme in ascending order; the first is everybody's, and asks for nothing.

    What counts are points of `currency`, by when they were earned, whatever became of them
    since. A tier is reached at once. At the end of each period a review asks
    whether the period earned it again; who did not lands where `landing` says,
    and keeps the old tier for the grace (months, then days) all the same.
    A rank is a tier's place in `tiers`.
    """

    tiers: tuple[Tier, ...]
    currency: str = "points"
    period: Period = Period()
    landing: Landing = Landing.EARNED
    grace_months: int = 0
    grace_days: int = 0
    requires: Requires = Requires.EITHER
    zone: str = "UTC"

    @property
    def highest(self) -> int:
        """The rank of the last tier."""
        return len(self.tiers) - 1

    def earned(self, points: int, events: int) -> int:
        """Return the highest rank that so much reaches."""
        reached = (rank for rank in range(self.highest, 0, -1) if self._suffices(self.tiers[rank], points, events))
        return next(reached, 0)

    def _suffices(self, tier: Tier, points: int, events: int) -> bool:
        enough = points >= tier.threshold
        if tier.events is None:
            return enough
        often = events >= tier.events
        return enough and often if self.requires is Requires.BOTH else enough or often

    def rank(self, name: str) -> int | None:
        """Return the rank of the tier of this name; None where there is none."""
        return next((rank for rank, tier in enumerate(self.tiers) if tier.name == name), None)

    def successor(self, name: str) -> int | None:
        """Return the rank of the tier that has this name, or had it formerly."""
        same = self.rank(name)
        if same is not None:
            return same
        return next((rank for rank, tier in enumerate(self.tiers) if name in tier.formerly), None)

    def lost_at(self, reviewed_at: datetime) -> datetime:
        """Return when a tier is lost that a review took: at once, or when the grace is over."""
        if not self.grace_months and not self.grace_days:
            return reviewed_at
        local = add_months(reviewed_at.astimezone(ZoneInfo(self.zone)), self.grace_months)
        return (local + timedelta(days=self.grace_days)).astimezone(UTC)
