"""Service levels: how soon a complaint of each severity is acknowledged and answered, by version."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from services.tickets.domain.terms import Severity


class Target(Struct, frozen=True):
    """How long the company may take, from when the complaint was received."""

    acknowledge_within: timedelta
    answer_within: timedelta


class ServiceLevels(Struct, frozen=True):
    """One version of the targets. A ticket keeps the deadlines of the version that it was opened under."""

    version: int
    targets: Mapping[Severity, Target]
    reopen_within: timedelta
    warns_after: float | None = None
    """The share of a deadline's time after which it is warned about; None: it never is."""

    def warns_at(self, since: datetime, due_at: datetime) -> datetime | None:
        """Return when a deadline that counts from `since` is warned about."""
        return None if self.warns_after is None else since + self.warns_after * (due_at - since)


_TARGETS = {
    Severity.CRITICAL: Target(timedelta(hours=1), timedelta(days=1)),
    Severity.HIGH: Target(timedelta(hours=4), timedelta(days=3)),
    Severity.NORMAL: Target(timedelta(days=1), timedelta(days=7)),
    Severity.LOW: Target(timedelta(days=2), timedelta(days=14)),
}

LEVELS: Mapping[int, ServiceLevels] = {
    1: ServiceLevels(version=1, targets=_TARGETS, reopen_within=timedelta(days=14)),
    2: ServiceLevels(version=2, targets=_TARGETS, reopen_within=timedelta(days=14), warns_after=0.75),
}
"""Every version that was ever in force, so that each deadline can be explained."""

CURRENT = LEVELS[max(LEVELS)]
