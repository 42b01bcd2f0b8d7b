"""A member's profile: what was known of them at any moment, and which of their days were celebrated."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from services.loyalty.domain.profile.told import Told, ToldBirthday, told_by

Day = Literal["birthday", "anniversary"]


class Enrolled(Struct, frozen=True):
    """Since when someone is a member, in the programme's zone; anniversaries count from `counts_from` on."""

    enrolled_at: datetime
    counts_from: datetime
    zone: str


class Profile(Struct, frozen=True):
    """What was told, by kind of segment and by purpose of consent; birthdays are sealed, but for whoever opens them.

    `celebrated` are the days that have come: `birthday-2027`, `anniversary-3`.
    """

    customer_id: UUID | None = None
    segments: dict[str, tuple[Told, ...]] = {}
    consents: dict[str, tuple[Told, ...]] = {}
    birthdays: tuple[ToldBirthday, ...] = ()
    zone: str = "UTC"
    enrolled: Enrolled | None = None
    celebrated: frozenset[str] = frozenset()
    forgotten: bool = False

    def segments_at(self, moment: datetime) -> frozenset[str]:
        """Return the segments that the member was known to belong to."""
        return _values(self.segments, moment)

    def consents_at(self, moment: datetime) -> frozenset[str]:
        """Return the purposes that the member had agreed to."""
        return _values(self.consents, moment)

    def birthday_at(self, moment: datetime) -> str | None:
        """Return the birthday as far as it was known, `MM-DD` where it has been opened."""
        told = told_by(self.birthdays, moment)
        return told.birthday if told else None


def _values(courses: dict[str, tuple[Told, ...]], moment: datetime) -> frozenset[str]:
    latest = (told_by(course, moment) for course in courses.values())
    return frozenset(told.value for told in latest if told is not None and told.value)
