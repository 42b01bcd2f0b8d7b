"""What a member's tier follows from: what they earned, what they were granted, and when they enrolled."""

from datetime import datetime

from msgspec import Struct

from services.loyalty.domain.tiers.earnings import Earnings
from services.loyalty.domain.tiers.period import ALWAYS


class Grant(Struct, frozen=True):
    """A tier that someone gave by hand, with their reason, for since <= time < until, whatever is earned meanwhile."""

    grant_id: str
    tier: str
    since: datetime
    until: datetime
    reason: str = ""
    actor: str = ""


class Record(Struct, frozen=True):
    """A member's record; facts that come in any order make the same one."""

    earnings: Earnings = Earnings()
    grants: tuple[Grant, ...] = ()
    enrolled_at: datetime | None = None

    @property
    def anchor(self) -> datetime:
        """From when anniversaries count: enrolment, else the first earning."""
        first = self.earnings.entries[0].at if self.earnings.entries else ALWAYS
        return self.enrolled_at or first
