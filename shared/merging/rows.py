"""The rows of merged subjects: each member's own row is kept aside, and the view shows what they are together."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, TypeVar

import asyncpg
import msgspec
from msgspec import Struct

from shared.merging.groups import Group
from shared.views.rows import Rows
from shared.views.view import View

R = TypeVar("R")

LOCK = "SELECT subject, root, row FROM lock_merged_rows($1, $2)"
SET_ASIDE = """
UPDATE merged_row m SET row = n.row::jsonb FROM unnest($2::text[], $3::text[]) AS n(subject, row)
WHERE m.table_name = $1 AND m.subject = n.subject
"""
ASIDE = "SELECT subject, row::text FROM merged_row WHERE table_name = $1 AND subject = ANY($2)"
TAKE_BACK = "DELETE FROM merged_row WHERE table_name = $1 AND subject = ANY($2)"
PUT_ASIDE = """
INSERT INTO merged_row (table_name, subject, row)
SELECT $1, subject, row::jsonb FROM unnest($2::text[], $3::text[]) AS n(subject, row) ORDER BY subject
"""


class Member(Struct, Generic[R]):
    """One member of a group: who stands for it, and the row of its own events alone (None: it has none)."""

    root: str
    row: R | None


class MemberRows(Generic[R]):
    """The rows of one view with `combine`, where subjects may be members of groups."""

    def __init__(self, view: View[R], table: str | None = None) -> None:
        self._view = view
        self._rows = Rows(view, table)
        self._decode: Callable[[str], R] = msgspec.json.Decoder(view.row).decode
        self.key = key_of(view)

    async def lock(self, connection: asyncpg.Connection, subjects: Iterable[str]) -> dict[str, Member[R]]:
        """Keep edges from changing, and return every member of the groups that `subjects` belong to.

        Until the transaction ends these members' rows are this transaction's
        alone, so that none of two batches writes a combined row without the
        other's events. Locks are taken in one order. Empty where none is merged.
        """
        found = await connection.fetch(LOCK, self._rows.table, list(subjects))
        return {row[0]: Member(row[1], self._own(row[2])) for row in found}

    async def save(
        self, connection: asyncpg.Connection, members: Mapping[str, Member[R]], changed: Mapping[str, R | None]
    ) -> None:
        """Keep the `changed` members' own rows, and show anew what their groups are together."""
        for subject, row in changed.items():
            members[subject].row = row
        await connection.execute(SET_ASIDE, self._rows.table, list(changed), list(map(_packed, changed.values())))
        roots = {members[subject].root for subject in changed}
        groups = {root: [item.row for item in members.values() if item.root == root] for root in roots}
        await self._rows.save(connection, {self.key(root): self._together(root, rows) for root, rows in groups.items()})

    async def regroup(
        self, connection: asyncpg.Connection, before: Iterable[str], after: Mapping[str, Group], subjects: Iterable[str]
    ) -> None:
        """Show `subjects` as the groups `after` make them; those of `before` were members of groups until now.

        The caller holds the edges alone (see `MergeHandler`), so that no other batch is under way.
        """
        listed = list(subjects)
        own = await self._own_rows(connection, set(before), listed)
        await connection.execute(TAKE_BACK, self._rows.table, listed)
        shown: dict[Any, R | None] = {self.key(subject): None for subject in listed}
        shown.update({self.key(subject): own.get(subject) for subject in listed if subject not in after})
        for group in set(after.values()):
            shown[self.key(group.root)] = self._together(group.root, [own.get(subject) for subject in group.members])
        await self._rows.save(connection, shown)
        kept = list(after)
        await connection.execute(PUT_ASIDE, self._rows.table, kept, [_packed(own.get(subject)) for subject in kept])

    async def _own_rows(
        self, connection: asyncpg.Connection, members: set[str], subjects: Iterable[str]
    ) -> dict[str, R | None]:
        """Return the row of each subject's own events: kept aside or in the view for those who stand alone."""
        aside = await connection.fetch(ASIDE, self._rows.table, list(members))
        alone = await self._rows.load(connection, [self.key(item) for item in subjects if item not in members])
        return {**{row[0]: self._own(row[1]) for row in aside}, **{str(key): row for key, row in alone.items()}}

    def _own(self, packed: str | None) -> R | None:
        return None if packed is None else self._decode(packed)

    def _together(self, root: str, rows: Iterable[R | None]) -> R | None:
        return together(self._view, root, rows)


def together(view: View[R], root: str, rows: Iterable[R | None]) -> R | None:
    """Return the row that stands for all of a group's rows; None where no member has one."""
    present = [row for row in rows if row is not None]
    if not present or view.combine is None:
        return None
    shown = view.combine(present, root)
    return shown[0] if shown else None


def combined(view: View[R], rows: Mapping[Any, R], groups: Mapping[str, Group]) -> dict[Any, R]:
    """Return what a view shows of these rows, each the fold of one subject's own events. Pure."""
    if view.combine is None:
        return dict(rows)
    key = key_of(view)
    shown = {name: row for name, row in rows.items() if str(name) not in groups}
    for group in set(groups.values()):
        row = together(view, group.root, [rows.get(key(subject)) for subject in group.members])
        if row is not None:
            shown[key(group.root)] = row
    return shown


def key_of(view: View[Any]) -> Callable[[str], Any]:
    """Return the function from a subject to the view's key for it."""
    kind: Callable[[str], Any] = next(iter(view.table.columns)).type.python_type
    return kind


_encode = msgspec.json.Encoder(decimal_format="string").encode


def _packed(row: object) -> str | None:
    return None if row is None else _encode(row).decode()
