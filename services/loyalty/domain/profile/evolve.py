"""A member's profile, folded from what was told."""

from typing import assert_never

from msgspec import structs

from services.loyalty.domain.profile.events import (
    BirthdayNoted,
    ConsentNoted,
    DayCame,
    EnrolmentNoted,
    Event,
    ProfileForgotten,
    SegmentNoted,
)
from services.loyalty.domain.profile.profile import Enrolled, Profile
from services.loyalty.domain.profile.told import Told, ToldBirthday, with_told


def evolve(profile: Profile, event: Event) -> Profile:
    """Return the profile after the event."""
    return structs.replace(_after(profile, event), customer_id=event.customer_id)


def _after(profile: Profile, event: Event) -> Profile:
    match event:
        case SegmentNoted(_, kind, segment, since, place):
            course = with_told(profile.segments.get(kind, ()), Told(since, place, segment))
            return structs.replace(profile, segments={**profile.segments, kind: course})
        case ConsentNoted(_, purpose, granted, since, place):
            told = Told(since, place, purpose if granted else "")
            course = with_told(profile.consents.get(purpose, ()), told)
            return structs.replace(profile, consents={**profile.consents, purpose: course})
        case BirthdayNoted(_, birthday, since, place, zone):
            birthdays = with_told(profile.birthdays, ToldBirthday(since, place, birthday))
            return structs.replace(profile, birthdays=birthdays, zone=zone)
        case EnrolmentNoted(_, enrolled_at, counts_from, zone):
            return structs.replace(profile, enrolled=Enrolled(enrolled_at, counts_from, zone))
        case DayCame(_, day, number):
            return structs.replace(profile, celebrated=profile.celebrated | {f"{day}-{number}"})
        case ProfileForgotten():
            return structs.replace(profile, forgotten=True, birthdays=())
        case _:
            assert_never(event)
