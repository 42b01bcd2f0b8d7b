"""The limits of a programme, beyond which an act is suspected, refused, or asks for a proof; none is set by default."""

from decimal import Decimal

from msgspec import Struct

from services.loyalty.domain.abuse.acts import Kind
from services.loyalty.domain.abuse.verdict import Outcome

MULTI_FACTOR = "http://schemas.openid.net/pape/policies/2007/06/multi-factor"
"""The usual name of an authentication with several factors (OpenID PAPE 1.0)."""


class Velocity(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """At most so many acts of a kind, or points by them, within so many hours (None: any number)."""

    kind: Kind
    hours: int
    most_acts: int | None = None
    most_points: int | None = None
    outcome: Outcome = Outcome.SUSPECT


def name_of(rule: Velocity) -> str:
    """Return the name by which a rule is known from one version to the next; no two may have one."""
    return f"{rule.kind}-{rule.hours}h-{rule.outcome}"


class ReturnLoops(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Purchases returned within `return_hours`, with a redemption in between: at most so many within `hours`."""

    hours: int
    return_hours: int
    most: int
    outcome: Outcome = Outcome.SUSPECT


class Transfers(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Who gives points away: how long they must have been a member, and how little of what was just received.

    Of what came in within `passing_hours`, at most the share `most_passed_on` may go on.
    """

    least_member_hours: int = 0
    passing_hours: int = 0
    most_passed_on: Decimal = Decimal(1)


class StepUp(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A redemption above so many points, alone or with those of the last `hours`, needs a proof not older than that.

    `acr_values` are the authentication context classes that prove it (OpenID Connect Core, `acr`).
    """

    above: int
    hours: int = 0
    proof_minutes: int = 15
    acr_values: tuple[str, ...] = (MULTI_FACTOR,)


class Blocking(Struct, frozen=True, forbid_unknown_fields=True):
    """The suspicion that makes so many within the hours blocks the account."""

    suspicions: int
    hours: int


class Withholding(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """For how long points of a suspicious earning can't be spent, such as until the return window ends.

    None: until someone has looked.
    """

    hours: int | None = None


class Limits(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The limits of a programme; what is None isn't looked at."""

    velocity: tuple[Velocity, ...] = ()
    return_loops: ReturnLoops | None = None
    transfers: Transfers | None = None
    step_up: StepUp | None = None
    blocking: Blocking | None = None
    self_referral: Outcome = Outcome.REFUSE
    withholding: Withholding = Withholding()

    def looks_at(self, kind: Kind) -> bool:
        """Tell whether acts of a kind matter to some limit, so that they must be remembered."""
        return (
            any(rule.kind is kind for rule in self.velocity)
            or (self.return_loops is not None and kind in (Kind.EARNING, Kind.RETURN, Kind.REDEMPTION))
            or (self.transfers is not None and kind in (Kind.TRANSFER, Kind.RECEIPT))
            or (self.step_up is not None and kind is Kind.REDEMPTION)
        )
