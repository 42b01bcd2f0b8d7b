"""How contact's own views learn who was merged into whom, and what was undone."""

from services.contact.domain.merging import CustomersMerged, MergeUndone
from shared.events import Catalogue
from shared.merging import Merged, Merges, Unmerged
from shared.store.contract import Recorded


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
