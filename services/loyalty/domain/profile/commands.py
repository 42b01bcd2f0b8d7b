"""What can be asked of a member's profile: note what another service told, or that a day has come."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from services.loyalty.domain.profile.days import Occasion
from shared.privacy.personal import Personal


class NoteSegment(Struct, frozen=True):
    """The customer belongs to a segment of this kind, and to no other of it."""

    customer_id: UUID
    kind: str
    segment: str
    since: datetime
    place: int


class NoteConsent(Struct, frozen=True):
    """The customer agreed to a purpose, or took that back."""

    customer_id: UUID
    purpose: str
    granted: bool
    since: datetime
    place: int


class NoteBirthday(Struct, frozen=True):
    """The customer told their birthday, `MM-DD`; None: they no longer want it known."""

    customer_id: UUID
    birthday: Personal | None
    since: datetime
    place: int
    zone: str


class NoteEnrolment(Struct, frozen=True):
    """The customer is a member since then; their anniversaries from `counts_from` on are celebrated."""

    customer_id: UUID
    enrolled_at: datetime
    counts_from: datetime
    zone: str


class Celebrate(Struct, frozen=True):
    """A day has come; None: none has, any more."""

    occasion: Occasion | None
    now: datetime


class Forget(Struct, frozen=True):
    """The customer was erased: nothing of theirs is celebrated any more."""

    customer_id: UUID


Command = NoteSegment | NoteConsent | NoteBirthday | NoteEnrolment | Celebrate | Forget
