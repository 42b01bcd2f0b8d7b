"""What loyalty reads of contact: who there is, what they bought and gave back, what else they did and told."""

from decimal import Decimal
from typing import Literal
from uuid import UUID

from msgspec import Struct

from shared.events import Catalogue
from shared.privacy.personal import Personal


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


class InteractionRecorded(Struct, frozen=True):
    """The company and the customer were in touch; what was said is none of loyalty's business."""

    customer_id: UUID
    source: str
    interaction_id: str
    channel: str
    direction: str
    topic: str | None = None
    duration_seconds: int | None = None


class ActivityRecorded(Struct, frozen=True):
    """The customer answered a survey, brought a friend, was at a partner, or did something that a channel names."""

    customer_id: UUID
    source: str
    activity_id: str
    what: Literal["survey", "referral", "partner-activity", "touchpoint"]
    channel: str
    code: str = ""
    partner: str = ""
    amount: Decimal = Decimal(0)
    currency: str = ""
    attributes: dict[str, bool | int | str] = {}


class ConsentChanged(Struct, frozen=True):
    """The customer agreed to a purpose, or took that back."""

    customer_id: UUID
    purpose: str
    granted: bool


class BirthdayTold(Struct, frozen=True):
    """The customer told the month and the day of their birthday, which stay sealed; None: took that back."""

    customer_id: UUID
    birthday: Personal | None


class CustomerErased(Struct, frozen=True):
    """Nobody can read any more what was personal about the customer."""

    customer_id: UUID


CONTACT = Catalogue(
    "contact",
    {
        "customer-registered.v1": CustomerRegistered,
        "purchase-recorded.v1": PurchaseRecorded,
        "purchase-refunded.v1": PurchaseRefunded,
        "interaction-recorded.v1": InteractionRecorded,
        "activity-recorded.v1": ActivityRecorded,
        "consent-changed.v1": ConsentChanged,
        "birthday-told.v1": BirthdayTold,
        "customer-erased.v1": CustomerErased,
    },
)
