"""What can happen to a member's profile: something was told of them, or one of their days has come."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from services.loyalty.domain.profile.profile import Day
from shared.privacy.personal import Personal


class SegmentNoted(Struct, frozen=True):
    """From `since` on the customer belongs to this segment of its kind; `place` orders what came at one moment."""

    customer_id: UUID
    kind: str
    segment: str
    since: datetime
    place: int


class ConsentNoted(Struct, frozen=True):
    """From `since` on there is consent to a purpose, or no longer."""

    customer_id: UUID
    purpose: str
    granted: bool
    since: datetime
    place: int


class BirthdayNoted(Struct, frozen=True):
    """From `since` on the birthday is known, or no longer (None); its days begin by the clock of `zone`."""

    customer_id: UUID
    birthday: Personal | None
    since: datetime
    place: int
    zone: str


class EnrolmentNoted(Struct, frozen=True):
    """The customer is a member since `enrolled_at`; anniversaries from `counts_from` on are celebrated."""

    customer_id: UUID
    enrolled_at: datetime
    counts_from: datetime
    zone: str


class DayCame(Struct, frozen=True):
    """A birthday (`number`: of which year) or the anniversary of that number began at `at`; it may earn."""

    customer_id: UUID
    day: Day
    number: int
    at: datetime


class ProfileForgotten(Struct, frozen=True):
    """The customer was erased."""

    customer_id: UUID


Event = SegmentNoted | ConsentNoted | BirthdayNoted | EnrolmentNoted | DayCame | ProfileForgotten
