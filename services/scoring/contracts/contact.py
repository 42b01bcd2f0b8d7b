"""What scoring reads of contact: what was bought, and what was paid back."""

from decimal import Decimal
from uuid import UUID

from msgspec import Struct

from shared.events import Catalogue


class PurchaseRecorded(Struct, frozen=True):
    """The customer bought something."""

    customer_id: UUID
    amount: Decimal
    currency: str


class PurchaseRefunded(Struct, frozen=True):
    """Part of a purchase was paid back."""

    customer_id: UUID
    amount: Decimal
    currency: str


CONTACT = Catalogue("contact", {"purchase-recorded.v1": PurchaseRecorded, "purchase-refunded.v1": PurchaseRefunded})

PURCHASES = Catalogue("contact", {"purchase-recorded.v1": PurchaseRecorded})
"""What makes a customer active: a refund takes back money, not the visit."""
