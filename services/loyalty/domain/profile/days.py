"""A member's days: when birthdays and anniversaries begin, by the clock of their programme, and which comes next."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import count, pairwise
from typing import TypeGuard
from zoneinfo import ZoneInfo

from msgspec import Struct

from services.loyalty.domain.profile.profile import Day, Profile

LAST_YEAR = 8999
"""Nothing is celebrated after it."""

_BIRTHDAY = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")


class Occasion(Struct, frozen=True):
    """A birthday, by its year, or an anniversary, by its number, and when it begins."""

    day: Day
    number: int
    at: datetime

    @property
    def name(self) -> str:
        """By which it is known, once for ever: `birthday-2027`."""
        return f"{self.day}-{self.number}"


def next_occasion(profile: Profile) -> Occasion | None:
    """Return the earliest day that isn't celebrated yet, past or future. The profile's birthdays must be open."""
    if profile.forgotten:
        return None
    found = [*_birthdays(profile), *_anniversaries(profile)]
    return min(found, key=lambda one: (one.at, one.name), default=None)


def wakes(profile: Profile) -> datetime | None:
    """Return when the next day begins."""
    occasion = next_occasion(profile)
    return occasion.at if occasion else None


def is_near(birthday: str | None, day: date, days: int) -> bool:
    """Tell whether the birthday, of this year or of the one before or after, is at most `days` from `day`."""
    if not is_birthday(birthday):
        return False
    return any(abs((day - _in(year, birthday)).days) <= days for year in (day.year - 1, day.year, day.year + 1))


def is_birthday(text: str | None) -> TypeGuard[str]:
    """Tell whether a text is a month and a day, and not what an erased one reads as."""
    return text is not None and _BIRTHDAY.fullmatch(text) is not None


def _birthdays(profile: Profile) -> Iterator[Occasion]:
    """Yield the next day of each time for which one birthday was known: half-open, and once a year."""
    ends = [None] if not profile.birthdays else [*(later.since for _, later in pairwise(profile.birthdays)), None]
    for told, end in zip(profile.birthdays, ends, strict=False):
        if not is_birthday(told.birthday):
            continue
        for year in range(told.since.astimezone(ZoneInfo(profile.zone)).year, LAST_YEAR):
            occasion = Occasion("birthday", year, _begins(_in(year, told.birthday), profile.zone))
            if end is not None and end <= occasion.at:
                break
            if told.since <= occasion.at and occasion.name not in profile.celebrated:
                yield occasion
                break


def _anniversaries(profile: Profile) -> Iterator[Occasion]:
    enrolled = profile.enrolled
    if enrolled is None:
        return
    first = enrolled.enrolled_at.astimezone(ZoneInfo(enrolled.zone)).date()
    for number in count(1):
        if first.year + number > LAST_YEAR:
            return
        at = _begins(_in(first.year + number, f"{first:%m-%d}"), enrolled.zone)
        occasion = Occasion("anniversary", number, at)
        if enrolled.counts_from <= at and occasion.name not in profile.celebrated:
            yield occasion
            return


def _in(year: int, month_and_day: str) -> date:
    """Return the day in a year: 29 February is the 28th where there is none, and so is what no month has."""
    month, day = int(month_and_day[:2]), int(month_and_day[3:])
    while True:
        try:
            return date(year, month, day)
        except ValueError:
            day -= 1


def _begins(day: date, zone: str) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
