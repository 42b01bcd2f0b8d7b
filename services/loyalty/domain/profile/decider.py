"""The profile's decider: its timer is the next of the member's days, opened for that alone."""

from datetime import datetime

from services.loyalty.domain.profile.commands import Celebrate, Command
from services.loyalty.domain.profile.days import next_occasion, wakes
from services.loyalty.domain.profile.decide import decide
from services.loyalty.domain.profile.events import DayCame, Event
from services.loyalty.domain.profile.evolve import evolve
from services.loyalty.domain.profile.profile import Profile
from shared.decider import Decider, Look


def _celebrate(profile: Profile, now: datetime, _: Look) -> Command:
    return Celebrate(next_occasion(profile), now)


def _happened(event: Event) -> datetime | None:
    return event.at if isinstance(event, DayCame) else None


PROFILE: Decider[Command, Event, Profile] = Decider(
    "profile",
    Profile(),
    decide,
    evolve,
    wakes=wakes,
    wake_looking=_celebrate,
    happened=_happened,
    opens=True,
    state=Profile,
)
