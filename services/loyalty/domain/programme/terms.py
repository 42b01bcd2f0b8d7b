"""The terms of points: from when they can be spent, and until when. All in the programme's own zone."""

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
"""Terms of older facts count from here: a zone knows no earlier time for certain."""

SHORTEST = 28
"""Days that each month has."""

_ACTION = re.compile(r"[a-z][a-z0-9-]{0,31}")
_DAY_OF_YEAR = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")


class Terms(Struct, frozen=True, omit_defaults=True):
    """Points can be spent `pending_days` days after they were earned, for `valid_months` months from then.

    A month's length clamps: three months from 30 November end on 28 February.
    `to_month_end` lets points live until that month is over, `ends_on` ("03-31")
    until the next such day is over. Without any of these they live for ever.

    With `awaits`, they wait for an action (delivery, the end of the return window)
    and their days and months count from then. With `inactive_months`, they also
    lapse when the member has been inactive for so long: each activity renews them.
    `grace_days` are added at the end.
    """

    pending_days: int = 0
    valid_months: int | None = None
    to_month_end: bool = False
    zone: str = "UTC"
    valid_days: int | None = None
    ends_on: str | None = None
    inactive_months: int | None = None
    grace_days: int = 0
    awaits: str = ""

    def activates_at(self, earned_at: datetime) -> datetime:
        """Return from when on the points can be spent: at the same local time, so many days later."""
        if not self.pending_days:
            return earned_at
        return self._utc(self._local(earned_at) + timedelta(days=self.pending_days))

    def expires_at(self, activates_at: datetime) -> datetime | None:
        """Return the first moment at which the points can no longer be spent, without activity; None: never."""
        lapses = self.lapses_at(activates_at)
        if self.inactive_months is None:
            return lapses
        idle = self.idle_at(activates_at)
        return min(idle, lapses) if idle and lapses else idle

    def lapses_at(self, activates_at: datetime) -> datetime | None:
        """Return when the points lapse whatever the member does; None where they don't."""
        if self.valid_months is None and self.valid_days is None and not self.to_month_end and self.ends_on is None:
            return None
        moved = add_months(self._local(activates_at), self.valid_months or 0) + timedelta(days=self.valid_days or 0)
        if self.to_month_end:
            moved = add_months(_midnight(moved.replace(day=1)), 1)
        if self.ends_on is not None:
            moved = _end_of_day(moved, self.ends_on)
        return self._utc(moved + timedelta(days=self.grace_days))

    def idle_at(self, active_at: datetime) -> datetime | None:
        """Return when the points lapse where nothing happens after `active_at`; None where that doesn't matter."""
        if self.inactive_months is None:
            return None
        moved = add_months(self._local(active_at), self.inactive_months)
        return self._utc(moved + timedelta(days=self.grace_days))

    def _local(self, at: datetime) -> datetime:
        return max(at, EARLIEST).astimezone(ZoneInfo(self.zone))

    @staticmethod
    def _utc(local: datetime) -> datetime:
        return local.astimezone(UTC)


def unsound(terms: Terms) -> Iterator[tuple[str, str]]:
    """Yield (field, what it must be) for each field of terms that makes no sense."""
    bounds = (
        ("pending_days", terms.pending_days, 0, 3650),
        ("valid_months", terms.valid_months, 1, 1200),
        ("valid_days", terms.valid_days, 1, 36500),
        ("inactive_months", terms.inactive_months, 1, 1200),
        ("grace_days", terms.grace_days, 0, 3650),
    )
    for field, number, least, most in bounds:
        if number is not None and not least <= number <= most:
            yield field, f"must be {least} to {most} {field.partition('_')[2]}"
    if terms.ends_on is not None and not is_day_of_year(terms.ends_on):
        yield "ends_on", "must be a day of the year, as month and day: 12-31"
    if terms.awaits and not _ACTION.fullmatch(terms.awaits):
        yield "awaits", "must name an action, such as delivery"


def is_day_of_year(text: str) -> bool:
    """Tell whether the text names a day that each year has, or clamps to: MM-DD."""
    return _DAY_OF_YEAR.fullmatch(text) is not None


def add_months(local: datetime, months: int) -> datetime:
    """Return the same day and wall-clock time `months` later, or the last day of a month that is too short."""
    years, month = divmod(local.month - 1 + months, 12)
    year, month = local.year + years, month + 1
    day = local.day if local.day <= SHORTEST else min(local.day, monthrange(year, month)[1])
    return local.replace(year=year, month=month, day=day)


def _end_of_day(local: datetime, day_of_year: str) -> datetime:
    """Return the first end of such a day that comes after `local`; the day clamps to its month's length."""
    month, day = (int(part) for part in day_of_year.split("-"))
    for year in (local.year, local.year + 1):
        end = _midnight(local.replace(year=year, month=month, day=min(day, monthrange(year, month)[1])))
        end += timedelta(days=1)
        if end > local:
            break
    return end


def _midnight(local: datetime) -> datetime:
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


def sentence(terms: Terms) -> str:
    """Return the terms in words."""
    waits = f"pending for {terms.pending_days} days" if terms.pending_days else "active at once"
    if terms.awaits:
        waits = f"pending until {terms.awaits}" + (f" and {terms.pending_days} days" if terms.pending_days else "")
    ends = [*_validity(terms), *_afterwards(terms)]
    if not ends:
        return f"{waits}, valid for ever"
    return f"{waits}, {', '.join(ends)} ({terms.zone})"


def _validity(terms: Terms) -> list[str]:
    spans = [(terms.valid_months, "months"), (terms.valid_days, "days")]
    lasting = [f"{number} {unit}" for number, unit in spans if number is not None]
    ends = [f"valid for {' and '.join(lasting)} from then"] if lasting else []
    if terms.to_month_end:
        ends.append("to the end of the month")
    return [*ends, f"to the end of {terms.ends_on}"] if terms.ends_on else ends


def _afterwards(terms: Terms) -> list[str]:
    ends = []
    if terms.inactive_months is not None:
        ends.append(f"until {terms.inactive_months} months without activity")
    return [*ends, f"and {terms.grace_days} days of grace"] if terms.grace_days else ends
