"""What happens to a complaint."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from services.tickets.domain.service_level import Severity


class Decision(StrEnum):
    """What the company decided about a complaint."""

    UPHELD = "upheld"
    PARTLY_UPHELD = "partly-upheld"
    NOT_UPHELD = "not-upheld"


class ComplaintOpened(Struct, frozen=True):
    """A complaint was received; `touchpoint` is the contact event that brought it, if one did."""

    ticket_id: UUID
    customer_id: UUID
    category: str
    summary: str
    severity: Severity
    channel: str
    touchpoint: str | None
    received_at: datetime
    acknowledge_by: datetime
    policy_version: int
    invented: bool = False


class ComplaintAcknowledged(Struct, frozen=True):
    """The customer was told that the complaint is being looked at."""

    ticket_id: UUID
    customer_id: UUID
    acknowledged_at: datetime
    in_time: bool


class PromiseMade(Struct, frozen=True):
    """The customer was promised something by a time."""

    ticket_id: UUID
    customer_id: UUID
    promise_id: str
    content: str
    due_at: datetime


class PromiseKept(Struct, frozen=True):
    """A promise was kept, in time or late."""

    ticket_id: UUID
    customer_id: UUID
    promise_id: str
    kept_at: datetime
    in_time: bool


class ComplaintResolved(Struct, frozen=True):
    """The company decided, and told the customer why."""

    ticket_id: UUID
    customer_id: UUID
    decision: Decision
    redress: str | None
    explanation: str
    resolved_at: datetime


class ComplaintReopened(Struct, frozen=True):
    """The customer wasn't content, inside the reopen window."""

    ticket_id: UUID
    customer_id: UUID
    reason: str
    reopened_at: datetime


class ComplaintClosed(Struct, frozen=True):
    """The complaint is over for good."""

    ticket_id: UUID
    customer_id: UUID
    closed_at: datetime


Event = (
    ComplaintOpened
    | ComplaintAcknowledged
    | PromiseMade
    | PromiseKept
    | ComplaintResolved
    | ComplaintReopened
    | ComplaintClosed
)
