"""What a view shows of merged subjects: a pure function of each subject's own rows and the groups."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from shared.merging.groups import Group
from shared.views.view import View

R = TypeVar("R")


class Combining(Generic[R]):
    """Reads a view's declaration: whose a row is, and what the rows of a group come to."""

    def __init__(self, view: View[R]) -> None:
        self._combine = view.combine
        self._key = next(iter(view.row.__annotations__))
        self.by_key = view.subject is None
        self.column = view.subject or self._key

    def key(self, row: R) -> Any:
        """Return the row's key."""
        return getattr(row, self._key)

    def subject(self, row: R) -> str:
        """Return whose the row is."""
        return str(getattr(row, self.column))

    def shown(self, groups: Mapping[str, Sequence[R]]) -> dict[Any, R]:
        """Return the rows, by key, that stand for those of each root's members."""
        if self._combine is None:
            return {self.key(row): row for rows in groups.values() for row in rows}
        shown = (row for root, rows in groups.items() if rows for row in self._combine(rows, root))
        return {self.key(row): row for row in shown}

    def combined(self, own: Iterable[R], groups: Mapping[str, Group]) -> dict[Any, R]:
        """Return all that the view shows, by key, where `own` are the rows of each subject's own events."""
        alone: dict[Any, R] = {}
        together: dict[str, list[R]] = {}
        for row in own:
            found = groups.get(self.subject(row))
            if found is None or self._combine is None:
                alone[self.key(row)] = row
            else:
                together.setdefault(found.root, []).append(row)
        return alone | self.shown(together)
