"""A fact and its member as the compiled rules look at them: money as whole millionths, the time in the zone."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from services.loyalty.domain.rules.fact import Fact, Member

SCALE = 1_000_000
"""Money is reckoned in whole millionths of its currency, so that every quotient is one of integers."""

TOO_LARGE = Decimal(10**15)
"""Amounts and attributes at or above this are no facts, but errors."""

_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime(9000, 1, 1, tzinfo=UTC)
_SCALE = Decimal(SCALE)


def millionths(amount: Decimal) -> int:
    """Return the amount in whole millionths; what is smaller is dropped."""
    return int(amount * _SCALE)


class Situation:
    """A fact, its member, and what several rules ask of them, reckoned once.

    `kept` of `whole` is what is left of the amount after returns.
    """

    __slots__ = ("_local", "amount", "excluded", "fact", "kept", "member", "whole", "zone")

    def __init__(self, fact: Fact, member: Member, zone: ZoneInfo) -> None:
        self.fact = fact
        self.member = member
        self.zone = zone
        self.amount = millionths(fact.amount) if fact.amount else 0
        self.excluded = millionths(fact.paid_with_points) if fact.paid_with_points else 0
        self.kept = self.whole = 1
        self._local: datetime | None = None

    def after_returns(self) -> "Situation":
        """Return the situation with what is left of the amount."""
        after = Situation(self.fact, self.member, self.zone)
        after.whole = max(self.amount, 1)
        after.kept = max(0, self.amount - millionths(self.fact.returned)) if self.amount else 1
        return after

    @property
    def local(self) -> datetime:
        """When it happened, by the clock of the programme's zone."""
        if self._local is None:
            self._local = min(max(self.fact.occurred_at, _EARLIEST), _LATEST).astimezone(self.zone)
        return self._local
