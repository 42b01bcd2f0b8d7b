"""The first round of a rebuild: one partition after the other is folded in memory and copied into the build."""

from collections.abc import Callable, Collection, Sequence
from itertools import islice
from typing import Any

import asyncpg
from msgspec import Struct

from shared.consumers.batch import DATA_ERRORS
from shared.errors import Rejected
from shared.views.fold import Aside, Fold, present
from shared.views.past import Past
from shared.views.places import LeftOut, Places
from shared.views.rows import Rows
from shared.views.view import View

COPY = 5000
"""Rows in one COPY: it is all or nothing, and its memory is paid twice."""

Tell = Callable[[int, int], None]
"""Told, as it goes, how many numbers were passed and how many events folded."""


class Folded(Struct, frozen=True):
    """What a partition gave: rows copied, events folded, messages left aside."""

    rows: int
    events: int
    aside: Sequence[Aside]


async def fold_partitions(
    past: Past, view: View[Any], table: str, pool: asyncpg.Pool, partitions: Collection[int],
    until: Places, left_out: LeftOut, tell: Tell,
) -> Folded:  # fmt: skip
    """Fold the partitions up to the places, each in memory by itself, and copy the rows into `table`."""
    codec = Rows(view, table)
    rows, events = 0, 0
    aside: list[Aside] = []
    async with pool.acquire() as connection:
        # Nothing is lost with these rows: a rebuild that breaks off begins again.
        await connection.execute("SET synchronous_commit = off")
        for partition in partitions:
            fold = Fold(view)
            async for page in past.pages({}, until, left_out, [partition]):
                fold.take(page)
                events += len(page.events)
                tell(page.passed, len(page.events))
                if view.append_only:
                    rows += await _copy(connection, codec, fold)
            rows += await _copy(connection, codec, fold)
            aside += fold.aside
        await connection.execute("RESET synchronous_commit")
    return Folded(rows, events, aside)


async def _copy(connection: asyncpg.Connection, codec: Rows[Any], fold: Fold[Any]) -> int:
    rows = list(present(fold.rows).values())
    fold.rows.clear()
    left = iter(rows)
    while chunk := list(islice(left, COPY)):
        try:
            await codec.copy(connection, chunk)
        except DATA_ERRORS as error:
            raise await _unstorable(connection, codec, chunk) from error
    return len(rows)


async def _unstorable(connection: asyncpg.Connection, codec: Rows[Any], chunk: Sequence[Any]) -> Rejected:
    """Find the row that the database refuses."""
    for row in chunk:
        try:
            await codec.copy(connection, [row])
        except DATA_ERRORS as error:
            key = getattr(row, codec.names[0])
            return Rejected("row-refused", f"{codec.table} can't hold the row of {key}: {error}. Mend the fold.")
    return Rejected("row-refused", f"{codec.table} can't hold rows together that it holds one by one.")
