"""How active a customer is: a pure function of the last few days on which they bought, and of the moment.

| class | held while |
|---|---|
| high-frequency | the 4th last purchase day is less than 90 days old |
| active | the 2nd last is less than 180 days old |
| regular | the last is less than 180 days old |
| inactive | the last is less than 365 days old |
| silent | otherwise |

Days are UTC's, so classes end at midnight. Each rung outlasts the one above it, so that time alone only
lowers a class and one more purchase day, however late it is told, only raises it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from msgspec import Struct


class Activity(StrEnum):
    """A customer's class by activity, the best first."""

    HIGH_FREQUENCY = "high-frequency"
    ACTIVE = "active"
    REGULAR = "regular"
    INACTIVE = "inactive"
    SILENT = "silent"


class Rung(NamedTuple):
    """A class is held while the last `days` purchase days are all less than `within` days old."""

    activity: Activity
    days: int
    within: int


LADDER = (
    Rung(Activity.HIGH_FREQUENCY, 4, 90),
    Rung(Activity.ACTIVE, 2, 180),
    Rung(Activity.REGULAR, 1, 180),
    Rung(Activity.INACTIVE, 1, 365),
)
"""Silent is what remains."""

RULE = "activity-ladder"
RULE_VERSION = 1

RANK = {activity: place for place, activity in enumerate(reversed(Activity))}
RUNGS = {rung.activity: rung for rung in LADDER}
LONGEST = max(rung.within for rung in LADDER)
"""A day that is this many days old counts for nothing any more, and never will again."""

WINDOWS = tuple(sorted({rung.within for rung in LADDER}))


class Spell(Struct, frozen=True):
    """A class and the moment from which on it was held: a purchase, or the midnight at which it was reached."""

    activity: Activity
    since: datetime


def classify(days: Sequence[int], today: int) -> Activity:
    """Return the class on the day `today`; `days` are proleptic ordinals, each once, ascending."""
    for activity, needed, within in LADDER:
        if len(days) >= needed and today - days[-needed] < within:
            return activity
    return Activity.SILENT


def ends(activity: Activity, days: Sequence[int]) -> datetime | None:
    """Return the moment from which on the class isn't held by these days; None: never, or never was."""
    rung = RUNGS.get(activity)
    if rung is None or len(days) < rung.days:
        return None
    return datetime.fromordinal(days[-rung.days] + rung.within).replace(tzinfo=UTC)


def counted(days: Sequence[int], today: int) -> dict[str, int]:
    """Return how many purchase days lie within each window of the ladder: window in days -> number."""
    return {str(window): sum(today - day < window for day in days) for window in WINDOWS}


def course(moments: Sequence[datetime], until: datetime) -> tuple[Spell, ...]:
    """Return every class that the customer has held by `until`, by event time, whenever anyone learned of it.

    `moments`: the first purchase of each purchase day, ascending, in UTC.
    """
    spells: list[Spell] = []
    days: list[int] = []
    for moment in moments:
        _fall(spells, days, moment)
        days.append(moment.toordinal())
        found = classify(days, days[-1])
        if not spells or found is not spells[-1].activity:
            spells.append(Spell(found, moment))
    _fall(spells, days, until)
    return tuple(spells)


def _fall(spells: list[Spell], days: Sequence[int], until: datetime) -> None:
    while spells and (end := ends(spells[-1].activity, days)) is not None and end <= until:
        spells.append(Spell(classify(days, end.toordinal()), end))


def with_purchase(moments: tuple[datetime, ...], moment: datetime) -> tuple[datetime, ...]:
    """Return the first purchases of each day with one more; the same tuple where it tells nothing new."""
    day, place = moment.toordinal(), len(moments)
    while place and moments[place - 1].toordinal() > day:
        place -= 1
    if not place or moments[place - 1].toordinal() < day:
        return (*moments[:place], moment, *moments[place:])
    if moments[place - 1] <= moment:
        return moments
    return (*moments[: place - 1], moment, *moments[place:])
