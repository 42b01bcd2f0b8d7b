"""A proof of who someone is, as their token tells of it: of which class, by which methods, and when."""

from datetime import datetime, timedelta

from msgspec import Struct

from services.loyalty.domain.abuse.limits import StepUp

SEVERAL_FACTORS = "mfa"
"""The method of whoever proved it by several factors (RFC 8176)."""

CLOCKS = timedelta(seconds=30)
"""By how much the clock of whoever issued the token may be ahead of ours."""


class Proof(Struct, frozen=True):
    """The claims `acr`, `amr` and `auth_time` of a token (OpenID Connect Core); `at` None: it doesn't tell when."""

    acr: str = ""
    amr: tuple[str, ...] = ()
    at: datetime | None = None

    def proved_at(self, asked: StepUp, now: datetime) -> datetime | None:
        """Return when they proved it as is asked for; None: they haven't."""
        if self.at is None or not (self.acr in asked.acr_values or SEVERAL_FACTORS in self.amr):
            return None
        return min(self.at, now) if self.at <= now + CLOCKS else None


NO_PROOF = Proof()
