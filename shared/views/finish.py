"""From base rows to what a view shows: the rows of merged subjects are kept aside, and combined.

A build holds base rows, the folds of each subject's own events, until it is
finished just before the swap: edges change while it is made, base rows don't.
"""

from collections.abc import Mapping
from typing import Any

import asyncpg

from shared.merging.groups import Group
from shared.merging.rows import MemberRows
from shared.store.postgres import Database
from shared.views.view import View

HOLD = "SELECT pg_advisory_xact_lock_shared(hashtext('rapport.merging'))"
GROUPS = "SELECT root, array_agg(subject ORDER BY subject) FROM merged_subject GROUP BY root"
KEPT = "SELECT DISTINCT subject FROM merged_row WHERE table_name = $1"
DROP = "DELETE FROM merged_row WHERE table_name = ANY($1::text[])"
RENAME = "UPDATE merged_row SET table_name = $2 WHERE table_name = $1"


async def read_groups(database: Database) -> dict[str, Group]:
    """Return the group of every subject that has company."""
    groups = [Group(row[0], tuple(row[1])) for row in await database.fetch(GROUPS)]
    return {subject: found for found in groups for subject in found.members}


async def hold_groups(connection: asyncpg.Connection) -> None:
    """Keep edges from changing until the transaction ends."""
    await connection.execute(HOLD)


async def finish(connection: asyncpg.Connection, view: View[Any], table: str, groups: Mapping[str, Group]) -> None:
    """Show in `table`, which holds base rows, what the members of `groups` come to, and keep their own rows aside."""
    if view.combine and groups:
        await MemberRows(view, table).regroup(connection, set(), groups, sorted(groups))


async def unfinish(connection: asyncpg.Connection, view: View[Any], table: str) -> None:
    """Put the base rows of members back into `table`; where they are already, nothing happens."""
    members = {row[0] for row in await connection.fetch(KEPT, table)}
    if view.combine and members:
        await MemberRows(view, table).regroup(connection, members, {}, sorted(members))


async def rename_kept(connection: asyncpg.Connection, table: str, to: str) -> None:
    """Let what is kept aside for `table` belong to its new name."""
    await connection.execute(RENAME, table, to)


async def drop_kept(connection: asyncpg.Connection, *tables: str) -> None:
    """Forget what is kept aside for tables that are gone."""
    await connection.execute(DROP, list(tables))
