"""What contact reads of tickets: which complaints are open, and what was promised until when."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from shared.events import Catalogue


class ComplaintOpened(Struct, frozen=True):
    """A complaint is open."""

    ticket_id: UUID
    customer_id: UUID
    acknowledge_by: datetime


class PromiseMade(Struct, frozen=True):
    """The customer was promised something until `due_at`."""

    ticket_id: UUID
    customer_id: UUID
    promise_id: str
    due_at: datetime


class PromiseKept(Struct, frozen=True):
    """A promise was kept."""

    ticket_id: UUID
    customer_id: UUID
    promise_id: str


class ComplaintResolved(Struct, frozen=True):
    """The complaint is resolved."""

    ticket_id: UUID
    customer_id: UUID


class ComplaintReopened(Struct, frozen=True):
    """The complaint is open again."""

    ticket_id: UUID
    customer_id: UUID


TICKETS = Catalogue(
    "tickets",
    {
        "complaint-opened.v1": ComplaintOpened,
        "promise-made.v1": PromiseMade,
        "promise-kept.v1": PromiseKept,
        "complaint-resolved.v1": ComplaintResolved,
        "complaint-reopened.v1": ComplaintReopened,
    },
)
