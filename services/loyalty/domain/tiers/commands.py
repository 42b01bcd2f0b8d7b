"""What can be asked of an enrolment. Each command brings what a tier follows from: `basis`."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from services.loyalty.domain.tiers.earnings import Earnings
from services.loyalty.domain.tiers.versions import Tables
from shared.privacy.personal import Personal


class Basis(Struct, frozen=True):
    """The member's programme and its tables (none: it has no tiers), what they earned, and when they enrolled."""

    programme: str = ""
    tables: Tables = ()
    earnings: Earnings = Earnings()
    enrolled_at: datetime | None = None

    @property
    def currency(self) -> str | None:
        """The point currency that qualifies; None where the programme has no tiers."""
        return self.tables[-1].table.currency if self.tables else None


class BookTier(Struct, frozen=True):
    """Book what became of the tier until `now`. `only_more`: since the last time points came, and none were taken."""

    customer_id: UUID
    basis: Basis
    now: datetime
    only_more: bool = False


class GrantTier(Struct, frozen=True):
    """Give a tier by hand, once for each grant id."""

    customer_id: UUID
    grant_id: str
    tier: str
    since: datetime
    until: datetime
    reason: Personal
    actor: str
    basis: Basis
    now: datetime


class EndTierGrant(Struct, frozen=True):
    """Let a grant end now."""

    customer_id: UUID
    grant_id: str
    reason: Personal
    actor: str
    basis: Basis
    now: datetime


Command = BookTier | GrantTier | EndTierGrant
