"""The limits of a programme, beyond which an act is suspected, refused, or asks for a proof; none is set by default."""

from decimal import Decimal

from msgspec import Struct

from services.loyalty.domain.abuse.acts import Kind
from services.loyalty.domain.abuse.verdict import Outcome


class Velocity(Struct, frozen=True, omit_defaults=True):
    """At most so many acts of a kind, or points by them, within so many hours (None: any number)."""

    kind: Kind
    hours: int
    most_acts: int | None = None
    most_points: int | None = None
    outcome: Outcome = Outcome.SUSPECT


class ReturnLoops(Struct, frozen=True, omit_defaults=True):
    """Purchases returned within `return_hours`, with a redemption in between: at most so many within `hours`."""

    hours: int
    return_hours: int
    most: int
    outcome: Outcome = Outcome.SUSPECT


class Transfers(Struct, frozen=True, omit_defaults=True):
    """Who gives points away: how long they must have been a member, and how little of what was just received.

    Of what came in within `passing_hours`, at most the share `most_passed_on` may go on.
    """

    least_member_hours: int = 0
    passing_hours: int = 0
    most_passed_on: Decimal = Decimal(1)


class StepUp(Struct, frozen=True, omit_defaults=True):
    """A redemption above so many points, alone or with those of the last `hours`, needs a proof not older than that."""

    above: int
    hours: int = 0
    proof_minutes: int = 15


class Blocking(Struct, frozen=True):
    """The suspicion that makes so many within the hours blocks the account."""

    suspicions: int
    hours: int


class Limits(Struct, frozen=True, omit_defaults=True):
    """The limits of a programme; what is None isn't looked at."""

    velocity: tuple[Velocity, ...] = ()
    return_loops: ReturnLoops | None = None
    transfers: Transfers | None = None
    step_up: StepUp | None = None
    blocking: Blocking | None = None
    self_referral: Outcome = Outcome.REFUSE
