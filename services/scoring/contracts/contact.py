"""What scoring reads of contact: what was bought and paid back, and who turned out to be whom."""

from decimal import Decimal
from uuid import UUID

from msgspec import Struct

from shared.events import Catalogue
from shared.merging import Merged, Merges, Unmerged
from shared.store.contract import Recorded


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


class CustomersMerged(Struct, frozen=True):
    """`customer_id` and `into` are one customer, and `into` stands for both."""

    merge_id: str
    customer_id: UUID
    into: UUID


class MergeUndone(Struct, frozen=True):
    """They are two again."""

    merge_id: str
    customer_id: UUID
    into: UUID


CONTACT = Catalogue("contact", {"purchase-recorded.v1": PurchaseRecorded, "purchase-refunded.v1": PurchaseRefunded})

PURCHASES = Catalogue("contact", {"purchase-recorded.v1": PurchaseRecorded})
"""What makes a customer active: a refund takes back money, not the visit."""

IDENTITY = Catalogue("contact", {"customers-merged.v1": CustomersMerged, "merge-undone.v1": MergeUndone})


def edge(recorded: Recorded) -> Merged | Unmerged:
    """Return what an event of IDENTITY says about who stands for whom."""
    event: CustomersMerged | MergeUndone = recorded.event
    kind = Merged if isinstance(event, CustomersMerged) else Unmerged
    return kind(event.merge_id, str(event.customer_id), str(event.into))


MERGES = Merges(IDENTITY, edge)
