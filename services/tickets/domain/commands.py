"""What can be asked of a complaint. The time arrives in the command."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from services.tickets.domain.events import Decision
from services.tickets.domain.service_level import ServiceLevel, Severity


class OpenComplaint(Struct, frozen=True):
    """Open a complaint under the targets of `policy`, and promise an answer."""

    ticket_id: UUID
    customer_id: UUID
    category: str
    summary: str
    severity: Severity
    channel: str
    touchpoint: str | None
    received_at: datetime
    policy: ServiceLevel
    invented: bool = False


class Acknowledge(Struct, frozen=True):
    """Note that the customer was told we look into it."""

    now: datetime


class MakePromise(Struct, frozen=True):
    """Promise something by a time, once for each promise id."""

    promise_id: str
    content: str
    due_at: datetime
    now: datetime


class KeepPromise(Struct, frozen=True):
    """Note that a promise was kept."""

    promise_id: str
    now: datetime


class Resolve(Struct, frozen=True):
    """Decide the complaint."""

    decision: Decision
    redress: str | None
    explanation: str
    now: datetime


class Reopen(Struct, frozen=True):
    """Open a resolved complaint again."""

    reason: str
    now: datetime


class Close(Struct, frozen=True):
    """End a resolved complaint for good."""

    now: datetime


Command = OpenComplaint | Acknowledge | MakePromise | KeepPromise | Resolve | Reopen | Close
