"""Edges: two kinds of event say that one subject stands for another, or that it no longer does."""

from collections.abc import Callable
from dataclasses import dataclass

from msgspec import Struct

from shared.events import Catalogue
from shared.store.contract import Recorded


class Merged(Struct, frozen=True):
    """From now on `parent` stands for `child`; `merge_id` names this edge for ever."""

    merge_id: str
    child: str
    parent: str


class Unmerged(Struct, frozen=True):
    """The edge `merge_id` holds no longer. It comes after its `Merged`, which stands in the same stream."""

    merge_id: str
    child: str
    parent: str


@dataclass(frozen=True)
class Merges:
    """How a service reads edges: the catalogue of the events that tell them, and what each of them says.

    `read(event)` is pure; it returns None for an event that says nothing about edges.
    """

    reads: Catalogue
    read: Callable[[Recorded], Merged | Unmerged | None]

    def edge(self, event: Recorded) -> Merged | Unmerged | None:
        """Return what any event of any service says about edges."""
        known = event.service == self.reads.service and self.reads.knows(event.type)
        return self.read(event) if known else None
