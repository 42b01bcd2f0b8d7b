"""Merges at work: the handler in front of the views, which takes edges in and shows each group as it now is."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import asyncpg

from shared.consumers.handler import Afterwards, Item, Parked
from shared.merging.edges import Merged, Merges, Unmerged
from shared.merging.groups import Group, groups_of
from shared.merging.rows import MemberRows
from shared.store.contract import Recorded
from shared.views.view import View

NAME = "merging"

ALONE = "SELECT pg_advisory_xact_lock(hashtext('rapport.merging'))"
"""Waits until no batch of views is under way, and keeps new ones out: theirs is the same lock, shared."""

MERGED = """
INSERT INTO merge_edge (merge_id, child, parent, occurred_at, recorded_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (merge_id) DO UPDATE SET occurred_at = excluded.occurred_at, recorded_at = excluded.recorded_at
"""
UNMERGED = """
INSERT INTO merge_edge (merge_id, child, parent, undone_occurred_at, undone_recorded_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (merge_id) DO UPDATE
SET undone_occurred_at = excluded.undone_occurred_at, undone_recorded_at = excluded.undone_recorded_at
"""
FELLOWS = """
SELECT subject FROM merged_subject
WHERE root IN (SELECT root FROM merged_subject WHERE subject = ANY($1::text[]))
"""
EDGES = """
WITH RECURSIVE edge AS NOT MATERIALIZED (
    SELECT child, parent FROM merge_edge WHERE recorded_at IS NOT NULL AND undone_recorded_at IS NULL
), member(subject) AS (
    SELECT unnest($1::text[])
    UNION
    SELECT near.subject FROM member m, LATERAL (
        SELECT parent FROM edge WHERE child = m.subject UNION ALL SELECT child FROM edge WHERE parent = m.subject
    ) AS near(subject)
)
SELECT child, parent FROM member JOIN edge ON edge.child = member.subject
"""
FORGET = "DELETE FROM merged_subject WHERE subject = ANY($1::text[])"
REMEMBER = "INSERT INTO merged_subject (subject, root) SELECT * FROM unnest($1::text[], $2::text[])"


class MergeHandler:
    """Applies a service's merges inside the views consumer's transaction, before any view of the batch.

    What the views show is a function of each subject's own row and of the edges
    that hold, so it doesn't matter which partition or topic came first.
    """

    def __init__(self, merges: Merges, views: Sequence[View[Any]]) -> None:
        self._merges = merges
        self._views = [MemberRows(view) for view in views if view.combine]

    @property
    def name(self) -> str:
        """See `Handler.name`."""
        return NAME

    @property
    def place_first(self) -> bool:
        """See `Handler.place_first`."""
        return True

    def key(self, message: Recorded) -> str | None:
        """See `Handler.key`: the subject that was merged, in whose stream both events stand."""
        edge = self._merges.edge(message)
        return None if edge is None else edge.child

    async def apply(
        self,
        connection: asyncpg.Connection,
        items: Sequence[tuple[str, Item]],
        blocked: frozenset[str],
        afterwards: Afterwards | None = None,
    ) -> list[Parked]:
        """See `Handler.apply`."""
        told: list[tuple[Merged | Unmerged, Recorded]] = []
        parked: list[Parked] = []
        waiting = set(blocked)
        for key, item in items:
            edge = self._merges.edge(item.message)
            if key in waiting or edge is None:
                parked.append(Parked(item, self.name, key, None))
            elif edge.child == edge.parent:
                waiting.add(key)
                parked.append(Parked(item, self.name, key, ValueError("a subject can't be merged with itself")))
            else:
                told.append((edge, item.message))
        if told:
            await self._take(connection, told)
        return parked

    async def _take(self, connection: asyncpg.Connection, told: Sequence[tuple[Merged | Unmerged, Recorded]]) -> None:
        named = {subject for edge, _ in told for subject in (edge.child, edge.parent)}
        await connection.execute(ALONE)
        before = {row[0] for row in await connection.fetch(FELLOWS, list(named))}
        await _note(connection, told)
        edges = await connection.fetch(EDGES, list(named | before))
        after = groups_of((row[0], row[1]) for row in edges)
        await self._regroup(connection, before, after, named)

    async def _regroup(
        self, connection: asyncpg.Connection, before: set[str], after: Mapping[str, Group], named: Iterable[str]
    ) -> None:
        subjects = sorted({*named, *before, *after})
        await connection.execute(FORGET, subjects)
        await connection.execute(REMEMBER, list(after), [group.root for group in after.values()])
        for rows in self._views:
            await rows.regroup(connection, before, after, subjects)


async def _note(connection: asyncpg.Connection, told: Sequence[tuple[Merged | Unmerged, Recorded]]) -> None:
    for edge, event in told:
        statement = MERGED if isinstance(edge, Merged) else UNMERGED
        await connection.execute(
            statement, edge.merge_id, edge.child, edge.parent, event.occurred_at, event.recorded_at
        )
