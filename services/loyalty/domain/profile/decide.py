"""What is noted of a member: each thing that was told once, and each day once a year, whatever comes again or late."""

from collections.abc import Sequence
from typing import assert_never

from services.loyalty.domain.profile.commands import (
    Celebrate,
    Command,
    Forget,
    NoteBirthday,
    NoteConsent,
    NoteEnrolment,
    NoteSegment,
)
from services.loyalty.domain.profile.events import (
    BirthdayNoted,
    ConsentNoted,
    DayCame,
    EnrolmentNoted,
    Event,
    ProfileForgotten,
    SegmentNoted,
)
from services.loyalty.domain.profile.profile import Profile
from services.loyalty.domain.profile.told import Told, ToldBirthday, is_told


def decide(command: Command, profile: Profile) -> Sequence[Event]:
    """Return what is new by the command; nothing where it is known."""
    match command:
        case NoteSegment(customer_id, kind, segment, since, place):
            known = is_told(profile.segments.get(kind, ()), Told(since, place, segment))
            return () if known else (SegmentNoted(customer_id, kind, segment, since, place),)
        case NoteConsent(customer_id, purpose, granted, since, place):
            known = is_told(profile.consents.get(purpose, ()), Told(since, place, purpose))
            return () if known else (ConsentNoted(customer_id, purpose, granted, since, place),)
        case NoteBirthday(customer_id, birthday, since, place, zone):
            known = profile.forgotten or is_told(profile.birthdays, ToldBirthday(since, place, birthday))
            return () if known else (BirthdayNoted(customer_id, birthday, since, place, zone),)
        case NoteEnrolment(customer_id, enrolled_at, counts_from, zone):
            return () if profile.enrolled else (EnrolmentNoted(customer_id, enrolled_at, counts_from, zone),)
        case Celebrate():
            return _celebrate(command, profile)
        case Forget(customer_id):
            return () if profile.forgotten else (ProfileForgotten(customer_id),)
        case _:
            assert_never(command)


def _celebrate(command: Celebrate, profile: Profile) -> Sequence[Event]:
    day, customer_id = command.occasion, profile.customer_id
    if day is None or customer_id is None or day.at > command.now or day.name in profile.celebrated:
        return ()
    return (DayCame(customer_id, day.day, day.number, day.at),)
