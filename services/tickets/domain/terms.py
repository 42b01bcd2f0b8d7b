"""The terms of the field: severity, status and its category, decisions, and redress."""

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from shared.privacy.personal import Personal


class Severity(StrEnum):
    """How bad it is for the customer; it decides how soon something is due."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    CRITICAL = "critical"


class StatusCategory(StrEnum):
    """The few things that a status can mean to a program, whatever a team calls its statuses."""

    OPEN = "open"
    PAUSED = "paused"
    RESOLVED = "resolved"
    CLOSED = "closed"


class Status(StrEnum):
    """Where a ticket stands."""

    RECEIVED = "received"
    ACKNOWLEDGED = "acknowledged"
    REOPENED = "reopened"
    RESOLVED = "resolved"
    CLOSED = "closed"

    @property
    def category(self) -> StatusCategory:
        """What the status means to a program."""
        return _CATEGORIES.get(self, StatusCategory.OPEN)


_CATEGORIES = {Status.RESOLVED: StatusCategory.RESOLVED, Status.CLOSED: StatusCategory.CLOSED}


class Decision(StrEnum):
    """Whether the customer was right."""

    UPHELD = "upheld"
    PARTLY = "partly"
    NOT_UPHELD = "not-upheld"


class PromiseKind(StrEnum):
    """An answer is kept by resolving the complaint; an action is kept by doing it."""

    ANSWER = "answer"
    ACTION = "action"


class Apology(Struct, frozen=True, tag_field="kind", tag="apology"):
    """The company says sorry."""


class Refund(Struct, frozen=True, tag_field="kind", tag="refund"):
    """Money goes back."""

    amount: Decimal
    currency: str


class Replacement(Struct, frozen=True, tag_field="kind", tag="replacement"):
    """The customer gets the thing again."""

    item: Personal


class Points(Struct, frozen=True, tag_field="kind", tag="points"):
    """The customer gets loyalty points."""

    points: int


Redress = Apology | Refund | Replacement | Points
"""What puts it right, as far as it can be."""
