"""What happens to a ticket. A time stands in an event where a rule or a deadline is judged by it."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from services.tickets.domain.terms import Decision, PromiseKind, Redress, Severity
from shared.privacy.personal import Personal


class ComplaintOpened(Struct, frozen=True):
    """A customer complained, by the touchpoint named or straight to the API.

    `levels_version` says which service levels made `acknowledge_by`; `invented`
    marks what a demonstration made up.
    """

    ticket_id: UUID
    customer_id: UUID
    category: str
    summary: Personal
    severity: Severity
    channel: str
    touchpoint: str | None
    acknowledge_by: datetime
    received_at: datetime
    levels_version: int
    invented: bool = False


class ComplaintAcknowledged(Struct, frozen=True):
    """The customer was told that the complaint is being looked at."""

    ticket_id: UUID
    customer_id: UUID
    acknowledged_at: datetime


class PromiseMade(Struct, frozen=True):
    """The customer was promised `content` until `due_at`.

    Its time counts from `since`, and `levels_version` says which service levels
    warn about it. Old promises say neither, and are not warned about.
    """

    ticket_id: UUID
    customer_id: UUID
    promise_id: str
    kind: PromiseKind
    content: Personal
    due_at: datetime
    since: datetime | None = None
    levels_version: int | None = None


class PromiseKept(Struct, frozen=True):
    """What was promised was done; late, where `kept_at` is after the promise's `due_at`."""

    ticket_id: UUID
    customer_id: UUID
    promise_id: str
    kept_at: datetime


class AcknowledgementWarned(Struct, frozen=True):
    """The acknowledgement was still missing at `warned_at`, with little time left."""

    ticket_id: UUID
    customer_id: UUID
    due_at: datetime
    warned_at: datetime
    levels_version: int


class AcknowledgementBreached(Struct, frozen=True):
    """The customer wasn't told by `due_at` that the complaint is being looked at."""

    ticket_id: UUID
    customer_id: UUID
    due_at: datetime
    levels_version: int


class PromiseWarned(Struct, frozen=True):
    """The promise wasn't kept yet at `warned_at`, with little time left."""

    ticket_id: UUID
    customer_id: UUID
    promise_id: str
    due_at: datetime
    warned_at: datetime
    levels_version: int


class PromiseBreached(Struct, frozen=True):
    """The promise wasn't kept by `due_at`; it stays broken, also when it is kept later."""

    ticket_id: UUID
    customer_id: UUID
    promise_id: str
    due_at: datetime


class ComplaintResolved(Struct, frozen=True):
    """The customer got the decision, its reasons, and what puts it right; they may come back until `reopen_until`."""

    ticket_id: UUID
    customer_id: UUID
    decision: Decision
    redress: tuple[Redress, ...]
    explanation: Personal
    resolved_at: datetime
    reopen_until: datetime


class ComplaintReopened(Struct, frozen=True):
    """The decision did not settle it."""

    ticket_id: UUID
    customer_id: UUID
    reason: Personal
    reopened_at: datetime


class ComplaintClosed(Struct, frozen=True):
    """Nothing more will happen here, for ever."""

    ticket_id: UUID
    customer_id: UUID
    closed_at: datetime


Event = (
    ComplaintOpened
    | ComplaintAcknowledged
    | PromiseMade
    | PromiseKept
    | AcknowledgementWarned
    | AcknowledgementBreached
    | PromiseWarned
    | PromiseBreached
    | ComplaintResolved
    | ComplaintReopened
    | ComplaintClosed
)
