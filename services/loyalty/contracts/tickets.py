"""What loyalty reads of tickets: what a customer got when their complaint was resolved."""

from decimal import Decimal
from uuid import UUID

from msgspec import Struct

from shared.events import Catalogue


class Apology(Struct, frozen=True, tag_field="kind", tag="apology"):
    """The company said sorry."""


class Refund(Struct, frozen=True, tag_field="kind", tag="refund"):
    """Money went back."""

    amount: Decimal
    currency: str


class Replacement(Struct, frozen=True, tag_field="kind", tag="replacement"):
    """The customer got the thing again; which, is theirs alone to know."""


class Points(Struct, frozen=True, tag_field="kind", tag="points"):
    """The customer was promised points."""

    points: int


class ComplaintResolved(Struct, frozen=True):
    """A complaint was decided, with what puts it right."""

    ticket_id: UUID
    customer_id: UUID
    decision: str
    redress: tuple[Apology | Refund | Replacement | Points, ...]


TICKETS = Catalogue("tickets", {"complaint-resolved.v1": ComplaintResolved})
