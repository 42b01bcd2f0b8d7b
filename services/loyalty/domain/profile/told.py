"""What was told of a member, by when: the latest before a moment counts, in whatever order it arrived."""

from datetime import datetime
from typing import TypeVar

from msgspec import Struct

from shared.privacy.personal import Personal


class Told(Struct, frozen=True):
    """Something that holds from `since` on; `place` orders what was told of one moment. An empty value: no longer."""

    since: datetime
    place: int
    value: str

    @property
    def order(self) -> tuple[datetime, int]:
        """Where it stands among what was told of the same."""
        return self.since, self.place


class ToldBirthday(Struct, frozen=True):
    """A birthday, `MM-DD`, as it is known from `since` on; None: no longer."""

    since: datetime
    place: int
    birthday: Personal | None

    @property
    def order(self) -> tuple[datetime, int]:
        """Where it stands among what was told of the same."""
        return self.since, self.place


T = TypeVar("T", bound=Told | ToldBirthday)


def with_told(course: tuple[T, ...], told: T) -> tuple[T, ...]:
    """Return the course with something more, at its place; what is known already changes nothing."""
    if is_told(course, told):
        return course
    return tuple(sorted((*course, told), key=lambda one: one.order))


def is_told(course: tuple[T, ...], told: T) -> bool:
    """Tell whether something was told of the same moment and place before."""
    return any(one.order == told.order for one in course)


def told_by(course: tuple[T, ...], moment: datetime) -> T | None:
    """Return what counted at the moment; None where nothing had been told by then."""
    return next((one for one in reversed(course) if one.since <= moment), None)
