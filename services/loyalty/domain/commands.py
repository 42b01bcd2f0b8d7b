"""What can be asked of an account."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from msgspec import Struct

from shared.privacy.personal import Personal


class Enrol(Struct, frozen=True):
    """Let the customer collect points."""

    customer_id: UUID


class Earn(Struct, frozen=True):
    """Give the points that an order earns, once for each (source, order)."""

    customer_id: UUID
    source: str
    order_id: str
    net: Decimal
    currency: str
    earned_at: datetime


class ReverseEarning(Struct, frozen=True):
    """Take back what `amount` of an order had earned, once for each refund id."""

    customer_id: UUID
    source: str
    order_id: str
    refund_id: str
    amount: Decimal


class Spend(Struct, frozen=True):
    """Spend points, once for each spend id."""

    customer_id: UUID
    spend_id: str
    points: int
    reason: Personal


class ReverseSpend(Struct, frozen=True):
    """Take a spend back, whole."""

    customer_id: UUID
    spend_id: str


Command = Enrol | Earn | ReverseEarning | Spend | ReverseSpend
