"""The rows of merged subjects: each member's own rows are kept aside, and the view shows what they are together."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import asyncpg
import msgspec
from msgspec import Struct

from shared.merging.combining import Combining
from shared.merging.groups import Group
from shared.views.rows import Rows
from shared.views.view import View

R = TypeVar("R")

ANY = "SELECT hold_merges()"
LOCK = "SELECT subject, root, row FROM lock_merged_rows($1, $2)"
ASIDE = "SELECT subject, row::text FROM merged_row WHERE table_name = $1 AND subject = ANY($2) AND key <> ''"
TAKE_BACK = "DELETE FROM merged_row WHERE table_name = $1 AND subject = ANY($2)"
DROP = "DELETE FROM merged_row WHERE table_name = $1 AND subject = ANY($2) AND key = ANY($3)"
PUT_ASIDE = """
INSERT INTO merged_row (table_name, subject, key, row)
SELECT $1, subject, key, row::jsonb FROM unnest($2::text[], $3::text[], $4::text[]) AS n(subject, key, row)
ON CONFLICT (table_name, subject, key) DO UPDATE SET row = excluded.row
"""


class Merged(Struct, Generic[R]):
    """What a batch meets of merged subjects.

    `roots` names who stands for each member of the groups that the batch touches,
    `own` holds every row of theirs by its key, `subjects` the subject of each key
    in the batch that is a member's.
    """

    roots: Mapping[str, str] = {}
    own: dict[Any, R] = {}
    subjects: Mapping[Any, str] = {}

    def __contains__(self, key: Any) -> bool:
        return key in self.subjects

    def __bool__(self) -> bool:
        return bool(self.subjects)


NOTHING: Merged[Any] = Merged()


class MemberRows(Generic[R]):
    """The rows of one view with `combine`, where subjects may be members of groups."""

    def __init__(self, view: View[R], table: str | None = None) -> None:
        self._view = Combining(view)
        self._rows = Rows(view, table)
        self._decode: Callable[[str], R] = msgspec.json.Decoder(view.row).decode

    async def any(self, connection: asyncpg.Connection) -> bool:
        """Keep edges from changing until the transaction ends, and tell whether anybody is merged at all."""
        found: bool = await connection.fetchval(ANY)
        return found

    async def lock(self, connection: asyncpg.Connection, subjects: Mapping[Any, str]) -> Merged[R]:
        """Keep edges from changing, and return the members of the groups of `subjects`, which are by key.

        Until the transaction ends these groups' rows are this transaction's alone,
        so that none of two batches shows a group without the other's events.
        Locks are taken in one order.
        """
        if self._view.by_key:
            subjects = {key: str(key) for key in subjects}
        found = await connection.fetch(LOCK, self._rows.table, list(set(subjects.values())))
        if not found:
            return NOTHING
        own = [self._decode(row[2]) for row in found if row[2] is not None]
        roots = {row[0]: row[1] for row in found}
        met = {key: subject for key, subject in subjects.items() if subject in roots}
        return Merged(roots, {self._view.key(row): row for row in own}, met)

    async def save(
        self, connection: asyncpg.Connection, merged: Merged[R], after: Mapping[Any, R | None]
    ) -> dict[Any, R | None]:
        """Keep aside what of `after` is members' own; return the rest, and what their groups are together instead."""
        changed = {key: row for key, row in after.items() if key in merged}
        await self._keep(connection, merged.subjects, changed)
        roots = {merged.roots[merged.subjects[key]] for key in changed}
        own = {key: row for key, row in {**merged.own, **changed}.items() if row is not None}
        shown: dict[Any, R | None] = dict.fromkeys(self._together(merged.roots, roots, merged.own))
        shown.update(self._together(merged.roots, roots, own))
        return {**{key: row for key, row in after.items() if key not in merged}, **shown}

    async def _keep(
        self, connection: asyncpg.Connection, subjects: Mapping[Any, str], changed: Mapping[Any, R | None]
    ) -> None:
        gone = [(subjects[key], str(key)) for key, row in changed.items() if row is None]
        if gone:
            await connection.execute(DROP, self._rows.table, *zip(*gone, strict=True))
        kept = [(subjects[key], str(key), _packed(row)) for key, row in changed.items() if row is not None]
        if kept:
            await connection.execute(PUT_ASIDE, self._rows.table, *zip(*kept, strict=True))

    def _together(self, of: Mapping[str, str], roots: Iterable[str], own: Mapping[Any, R]) -> dict[Any, R]:
        """Return what the groups of `roots` show of all members' own rows, by key."""
        rows: dict[str, list[R]] = {root: [] for root in roots}
        for row in own.values():
            root = of[self._view.subject(row)]
            if root in rows:
                rows[root].append(row)
        return self._view.shown(rows)

    async def regroup(
        self, connection: asyncpg.Connection, members: set[str], groups: Mapping[str, Group], subjects: Sequence[str]
    ) -> None:
        """Show `subjects` as `groups` make them; `members` of them belonged to groups until now.

        The caller holds the edges alone (see `MergeHandler`), so that no other batch is under way.
        """
        aside = await connection.fetch(ASIDE, self._rows.table, list(members))
        alone = [subject for subject in subjects if subject not in members]
        own = await self._rows.load_by(connection, self._view.column, alone)
        own += [self._decode(row[1]) for row in aside]
        await connection.execute(TAKE_BACK, self._rows.table, subjects)
        await self._rows.delete_by(connection, self._view.column, subjects)
        await self._rows.save(connection, self._view.combined(own, groups))
        members_own = [row for row in own if self._view.subject(row) in groups]
        kept = [(self._view.subject(row), str(self._view.key(row)), _packed(row)) for row in members_own]
        kept += [(root, _LOCK_KEY, "null") for root in {group.root for group in groups.values()}]
        if kept:
            await connection.execute(PUT_ASIDE, self._rows.table, *zip(*kept, strict=True))


_LOCK_KEY = ""
"""The key of the row by which a group is locked: that of its root, which is always there."""

_encode = msgspec.json.Encoder(decimal_format="string").encode


def _packed(row: object) -> str:
    return _encode(row).decode()
