"""The service-level policy: by when a complaint is acknowledged and answered, by its severity."""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct


class Severity(StrEnum):
    """How grave a complaint is."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


class Target(Struct, frozen=True):
    """How long an acknowledgement and an answer may take."""

    acknowledge: timedelta
    answer: timedelta


class ServiceLevel(Struct, frozen=True):
    """One version of the policy."""

    version: int
    targets: dict[Severity, Target]

    def acknowledge_by(self, severity: Severity, received_at: datetime) -> datetime:
        """Return when an acknowledgement is due."""
        return received_at + self.targets[severity].acknowledge

    def answer_by(self, severity: Severity, received_at: datetime) -> datetime:
        """Return when an answer is due; it is what the customer is promised."""
        return received_at + self.targets[severity].answer


STANDARD = ServiceLevel(
    version=1,
    targets={
        Severity.LOW: Target(timedelta(days=2), timedelta(days=14)),
        Severity.NORMAL: Target(timedelta(days=1), timedelta(days=5)),
        Severity.HIGH: Target(timedelta(hours=4), timedelta(days=2)),
    },
)
