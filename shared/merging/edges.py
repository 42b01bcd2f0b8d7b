"""Edges: two kinds of event say that one subject stands for another, or that it no longer does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from msgspec import Struct

from shared.events import Catalogue
from shared.merging.groups import Group, groups_of
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


class Edges:
    """The edges that events tell of, folded in memory, in whatever order the streams come."""

    def __init__(self, merges: Merges | None) -> None:
        self._merges = merges
        self._told: dict[str, tuple[str, str]] = {}
        self._undone: set[str] = set()

    def take(self, event: Recorded) -> None:
        """Take in what the event says about edges, if it does."""
        edge = self._merges.edge(event) if self._merges else None
        if isinstance(edge, Merged):
            self._told[edge.merge_id] = (edge.child, edge.parent)
        elif edge is not None:
            self._undone.add(edge.merge_id)

    def groups(self) -> Mapping[str, Group]:
        """Return the group of each subject that has company, by the edges that hold."""
        return groups_of(edge for name, edge in self._told.items() if name not in self._undone)
