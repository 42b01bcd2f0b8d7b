"""What loyalty reads of contact's merges: which customers turned out to be one, and which of them are not after all."""

from uuid import UUID

from msgspec import Struct

from shared.events import Catalogue
from shared.merging import Merged, Merges, Unmerged
from shared.store.contract import Recorded


class CustomersMerged(Struct, frozen=True):
    """`into` stands for `customer_id` from now on."""

    merge_id: UUID
    customer_id: UUID
    into: UUID


class MergeUndone(Struct, frozen=True):
    """`customer_id` stands for itself again."""

    merge_id: UUID
    customer_id: UUID
    into: UUID


def read(recorded: Recorded) -> Merged | Unmerged | None:
    """Return the edge that the event tells of."""
    event = recorded.event
    match event:
        case CustomersMerged():
            return Merged(str(event.merge_id), str(event.customer_id), str(event.into))
        case MergeUndone():
            return Unmerged(str(event.merge_id), str(event.customer_id), str(event.into))
        case _:
            return None


MERGES = Merges(Catalogue("contact", {"customers-merged.v1": CustomersMerged, "merge-undone.v1": MergeUndone}), read)
