"""The periods over which a tier is earned, and at whose ends it is reviewed. All in the programme's own zone."""

from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from msgspec import Struct

from services.loyalty.domain.programme.terms import EARLIEST, add_months

ALWAYS = datetime.min.replace(tzinfo=UTC)
NEVER = datetime.max.replace(tzinfo=UTC)


class Kind(StrEnum):
    """How time is cut into periods."""

    YEAR = "calendar-year"
    HALF = "calendar-half"
    QUARTER = "calendar-quarter"
    MONTH = "calendar-month"
    ANNIVERSARY = "anniversary"
    ROLLING = "rolling"
    LIFETIME = "lifetime"


MONTHS = {Kind.YEAR: 12, Kind.HALF: 6, Kind.QUARTER: 3, Kind.MONTH: 1, Kind.ANNIVERSARY: 12, Kind.ROLLING: 1}
"""Months between two reviews; a lifetime has none."""


class Period(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The period of a table; `months` says how many a rolling one looks back over, the current one among them.

    Calendar periods begin with a day of the calendar, those by anniversary with the
    day of enrolment (29 February clamps). A rolling one is reviewed as each month ends.
    """

    kind: Kind = Kind.YEAR
    months: int | None = None

    @property
    def width(self) -> int:
        """How many periods in a row count together: one, or the months of a rolling one."""
        return self.months or 1 if self.kind is Kind.ROLLING else 1


class Periods:
    """A member's periods, numbered in order; each is half-open, [start, start of the next)."""

    def __init__(self, period: Period, zone: str, anchor: datetime) -> None:
        self._period = period
        self._zone = zone
        self._months = MONTHS.get(period.kind, 0)
        self._anchor: datetime | None = None
        if period.kind is Kind.ANNIVERSARY:
            local = max(anchor, EARLIEST).astimezone(ZoneInfo(zone))
            self._anchor = local.replace(hour=0, minute=0, second=0, microsecond=0)

    def number(self, moment: datetime) -> int:
        """Return which period a moment lies in."""
        if not self._months:
            return 0
        local = max(moment, EARLIEST).astimezone(ZoneInfo(self._zone))
        month = local.year * 12 + local.month - 1
        if self._anchor is None:
            return month // self._months
        number = (month - self._anchor.year * 12 - self._anchor.month + 1) // self._months
        return number - 1 if self.start(number) > moment else number

    def start(self, number: int) -> datetime:
        """Return the first moment of a period."""
        if not self._months:
            return ALWAYS if number <= 0 else NEVER
        if self._anchor is None:
            return _month(number * self._months, self._zone)
        if self._anchor.year + number * self._months // 12 >= NEVER.year:
            return NEVER
        return add_months(self._anchor, number * self._months).astimezone(UTC)

    def opens(self, number: int) -> datetime:
        """Return from when on points count that are earned in a period."""
        return self.start(number - self._period.width + 1)


@lru_cache(maxsize=4096)
def _month(month: int, zone: str) -> datetime:
    """Return when a month begins, counted from the year 0; members share the same few."""
    year, index = divmod(month, 12)
    if year >= NEVER.year:
        return NEVER
    return datetime(year, index + 1, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC)
