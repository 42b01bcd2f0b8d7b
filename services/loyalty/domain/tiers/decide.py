"""Which events obey a command to an enrolment."""

from collections.abc import Sequence
from typing import assert_never

from services.loyalty.domain.tiers.booking import book
from services.loyalty.domain.tiers.commands import BookTier, Command, EndTierGrant, GrantTier
from services.loyalty.domain.tiers.enrolment import Enrolment
from services.loyalty.domain.tiers.events import Event
from services.loyalty.domain.tiers.granting import end, grant


def decide(command: Command, enrolment: Enrolment) -> Sequence[Event]:
    """Return the events that obey `command`; a repeat gives none, a contradiction is refused."""
    match command:
        case BookTier():
            return book(command, enrolment)
        case GrantTier():
            return grant(command, enrolment)
        case EndTierGrant():
            return end(command, enrolment)
        case _:
            assert_never(command)
