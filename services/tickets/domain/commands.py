"""What can be asked of a ticket. The time and the service levels in force arrive inside."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from services.tickets.domain.levels import ServiceLevels
from services.tickets.domain.terms import Decision, Redress, Severity
from shared.privacy.personal import Personal


class OpenComplaint(Struct, frozen=True):
    """Take a complaint in. Its deadlines count from `received_at`, however late we learned of it."""

    ticket_id: UUID
    customer_id: UUID
    category: str
    summary: Personal
    severity: Severity
    channel: str
    received_at: datetime
    levels: ServiceLevels
    touchpoint: str | None = None
    invented: bool = False


class Acknowledge(Struct, frozen=True):
    """Record that the customer was told."""

    now: datetime


class MakePromise(Struct, frozen=True):
    """Promise the customer something, once for each promise id."""

    promise_id: str
    content: Personal
    due_at: datetime
    now: datetime
    levels: ServiceLevels


class KeepPromise(Struct, frozen=True):
    """Record that what was promised was done."""

    promise_id: str
    now: datetime


class Resolve(Struct, frozen=True):
    """Give the customer the decision; this keeps the promise of an answer."""

    decision: Decision
    redress: tuple[Redress, ...]
    explanation: Personal
    now: datetime
    levels: ServiceLevels


class Reopen(Struct, frozen=True):
    """Take a resolved complaint up again, and promise another answer."""

    reason: Personal
    now: datetime
    levels: ServiceLevels


class Close(Struct, frozen=True):
    """End the ticket for good."""

    now: datetime


class LookAtClocks(Struct, frozen=True):
    """Warn about what is nearly due, and record what was missed. A timer gives this command."""

    now: datetime


Work = Acknowledge | MakePromise | KeepPromise | Resolve | Reopen | Close
"""What somebody does on an open ticket."""

Command = OpenComplaint | Work | LookAtClocks
