"""Service levels: how soon a complaint of each severity is acknowledged and answered, by version."""

from collections.abc import Mapping
from datetime import timedelta

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


LEVELS: Mapping[int, ServiceLevels] = {
    1: ServiceLevels(
        version=1,
        targets={
            Severity.CRITICAL: Target(timedelta(hours=1), timedelta(days=1)),
            Severity.HIGH: Target(timedelta(hours=4), timedelta(days=3)),
            Severity.NORMAL: Target(timedelta(days=1), timedelta(days=7)),
            Severity.LOW: Target(timedelta(days=2), timedelta(days=14)),
        },
        reopen_within=timedelta(days=14),
    )
}
"""Every version that was ever in force, so that each deadline can be explained."""

CURRENT = LEVELS[max(LEVELS)]
