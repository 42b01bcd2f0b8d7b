"""The terms of points: from when they can be spent, and until when. All in the programme's own zone."""

from calendar import monthrange
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
"""Terms of older facts count from here: a zone knows no earlier time for certain."""


class Terms(Struct, frozen=True, omit_defaults=True):
    """Points can be spent `pending_days` days after they were earned, for `valid_months` months from then.

    A month's length clamps: three months from 30 November end on 28 February.
    `to_month_end` lets points live until that month is over. None: for ever.
    """

    pending_days: int = 0
    valid_months: int | None = None
    to_month_end: bool = False
    zone: str = "UTC"

    def activates_at(self, earned_at: datetime) -> datetime:
        """Return from when on the points can be spent: at the same local time, so many days later."""
        if not self.pending_days:
            return earned_at
        return self._utc(self._local(earned_at) + timedelta(days=self.pending_days))

    def expires_at(self, activates_at: datetime) -> datetime | None:
        """Return the first moment at which the points can no longer be spent; None where they live for ever."""
        if self.valid_months is None:
            return None
        moved = add_months(self._local(activates_at), self.valid_months)
        if self.to_month_end:
            moved = add_months(moved.replace(day=1, hour=0, minute=0, second=0, microsecond=0), 1)
        return self._utc(moved)

    def _local(self, at: datetime) -> datetime:
        return max(at, EARLIEST).astimezone(ZoneInfo(self.zone))

    @staticmethod
    def _utc(local: datetime) -> datetime:
        return local.astimezone(UTC)


def add_months(local: datetime, months: int) -> datetime:
    """Return the same day and wall-clock time `months` later, or the last day of a month that is too short."""
    years, month = divmod(local.month - 1 + months, 12)
    year, month = local.year + years, month + 1
    return local.replace(year=year, month=month, day=min(local.day, monthrange(year, month)[1]))


def sentence(terms: Terms) -> str:
    """Return the terms in words."""
    waits = f"pending for {terms.pending_days} days" if terms.pending_days else "active at once"
    if terms.valid_months is None:
        return f"{waits}, valid for ever"
    end = ", to the end of the month" if terms.to_month_end else ""
    return f"{waits}, valid for {terms.valid_months} months from then{end} ({terms.zone})"
