"""What contact reads of scoring: what a customer is worth."""

from decimal import Decimal
from uuid import UUID

from msgspec import Struct

from shared.events import Catalogue


class CustomerScored(Struct, frozen=True):
    """The customer's newest score."""

    customer_id: UUID
    tier: str
    recency: int
    frequency: int
    monetary: int
    value: Decimal
    expected_purchases: float | None = None
    probability_alive: float | None = None


SCORING = Catalogue("scoring", {"customer-scored.v1": CustomerScored})
