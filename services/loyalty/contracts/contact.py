"""What loyalty reads of contact: who there is, what they bought, and what they gave back."""

from decimal import Decimal
from uuid import UUID

from msgspec import Struct

from shared.events import Catalogue


class CustomerRegistered(Struct, frozen=True):
    """A customer is known."""

    customer_id: UUID


class PurchaseLine(Struct, frozen=True):
    """A position of an order."""

    product: str
    amount: Decimal
    category: str = ""
    quantity: int = 1


class PurchaseRecorded(Struct, frozen=True):
    """The customer bought something; lines, tax and what points paid of it are told where they are known."""

    customer_id: UUID
    source: str
    order_id: str
    amount: Decimal
    currency: str
    channel: str = ""
    lines: tuple[PurchaseLine, ...] = ()
    tax: Decimal = Decimal(0)
    paid_with_points: Decimal = Decimal(0)


class PurchaseRefunded(Struct, frozen=True):
    """Part of a purchase was paid back."""

    customer_id: UUID
    source: str
    order_id: str
    refund_id: str
    amount: Decimal


CONTACT = Catalogue(
    "contact",
    {
        "customer-registered.v1": CustomerRegistered,
        "purchase-recorded.v1": PurchaseRecorded,
        "purchase-refunded.v1": PurchaseRefunded,
    },
)
