"""Groups: the subjects that edges hold together, now or as of a moment, and the one that stands for all."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from shared.store.contract import NOW, Moment
from shared.store.postgres import Database

PRESENT = """
SELECT subject, root FROM merged_subject
WHERE root = (SELECT root FROM merged_subject WHERE subject = $1) ORDER BY subject
"""

# UNION drops what was met before, so that even a circle of edges comes to an end.
EDGES_AT = """
WITH RECURSIVE member(subject) AS (
    SELECT $1::text
    UNION
    SELECT near.subject FROM member m, LATERAL (
        SELECT parent, occurred_at, recorded_at, undone_occurred_at, undone_recorded_at
        FROM merge_edge WHERE child = m.subject
        UNION ALL
        SELECT child, occurred_at, recorded_at, undone_occurred_at, undone_recorded_at
        FROM merge_edge WHERE parent = m.subject
    ) AS near(subject, occurred_at, recorded_at, undone_occurred_at, undone_recorded_at)
    WHERE {counts}
)
SELECT child, parent FROM member JOIN merge_edge near ON near.child = member.subject WHERE {counts}
"""
COUNTS = """
near.occurred_at <= coalesce($2, 'infinity'::timestamptz) AND near.recorded_at <= coalesce($3, 'infinity'::timestamptz)
AND NOT coalesce(near.undone_occurred_at <= coalesce($2, 'infinity'::timestamptz)
             AND near.undone_recorded_at <= coalesce($3, 'infinity'::timestamptz), false)
"""
AT = EDGES_AT.format(counts=COUNTS)


class Group(Struct, frozen=True):
    """A subject's group: `root` stands for all `members`, which are in order and include it."""

    root: str
    members: tuple[str, ...]


async def group(database: Database, subject: str, at: Moment = NOW) -> Group:
    """Return the group of `subject` as the edges that count at `at` make it; alone, it is its own group.

    An edge counts from its merge to its undo: `as_of` bounds when these happened,
    `known_at` when they were recorded. What this returns is as new as the
    service's views are.
    """
    if at.as_of is None and at.known_at is None:
        rows = await database.fetch(PRESENT, subject)
        return Group(rows[0][1], tuple(row[0] for row in rows)) if rows else Group(subject, (subject,))
    edges = await database.fetch(AT, subject, at.as_of, at.known_at)
    return groups_of([(row[0], row[1]) for row in edges]).get(subject) or Group(subject, (subject,))


def groups_of(edges: Iterable[tuple[str, str]]) -> Mapping[str, Group]:
    """Return the group of each subject that the (child, parent) edges name. Pure; the edges' order tells nothing.

    Edges form trees, whose tops are the roots. Streams of different subjects
    arrive in any order, so for a while edges may seem to run in a circle (one
    was undone, and that isn't known yet): then the first subject by name stands
    for all, until the undo arrives.
    """
    listed = list(edges)
    near: dict[str, set[str]] = defaultdict(set)
    for child, parent in listed:
        near[child].add(parent)
        near[parent].add(child)
    children = {child for child, parent in listed if child != parent}
    found: dict[str, Group] = {}
    for subject in near:
        if subject not in found:
            members = _reached(subject, near)
            tops = [member for member in members if member not in children] or members
            found.update(dict.fromkeys(members, Group(tops[0], tuple(members))))
    return found


def _reached(subject: str, near: Mapping[str, Any]) -> list[str]:
    reached = {subject}
    waiting = [subject]
    while waiting:
        for neighbour in near[waiting.pop()] - reached:
            reached.add(neighbour)
            waiting.append(neighbour)
    return sorted(reached)
