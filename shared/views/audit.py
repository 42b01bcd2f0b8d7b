"""The audit: fold views afresh from the log and the topics, and compare them with their rows, while all flows."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from zlib import crc32

import asyncpg
from msgspec import Struct, structs

from shared.merging.combining import Combining
from shared.merging.edges import Edges
from shared.merging.groups import Group
from shared.service import Service, topic_of
from shared.store.contract import Recorded
from shared.views.finish import read_groups
from shared.views.fold import Fold, Page, present
from shared.views.past import past, view_named
from shared.views.places import LeftOut, Places, read_left_out, read_places
from shared.views.rows import Rows
from shared.views.view import View

SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
PAUSED = "SELECT key FROM parked_key WHERE handler = $1"
FETCHED = 5000


class Difference(Struct, frozen=True):
    """One value that differs; `column` is None where there is a row on one side alone."""

    key: str
    column: str | None
    log: str
    view: str


class Audited(Struct, frozen=True):
    """The result for one view: rows compared, rows that differ, and the first difference, in words and taken apart."""

    view: str
    rows: int
    differences: int
    first: str | None
    where: Difference | None = None


class _Sample(Struct, frozen=True):
    """Which subjects, or keys, are looked at: one in `among`, and with them all that they were merged with."""

    among: int
    roots: Mapping[str, Group]

    def has(self, name: str) -> bool:
        if self.among == 1:
            return True
        group = self.roots.get(name)
        return crc32((group.root if group else name).encode()) % self.among == 0


class _View:
    """One view under audit: what its table showed at the snapshot, and its fresh fold."""

    def __init__(self, view: View[Any], discarded: LeftOut) -> None:
        self.view = view
        self.fold: Fold[Any] = Fold(view)
        self.stored: dict[Any, Any] = {}
        self.paused: set[str] = set()
        self.sample = _Sample(1, {})
        self._of = Combining(view)
        self._discarded = discarded

    async def look(self, connection: asyncpg.Connection, sample: int | None) -> None:
        """Read the rows, in the open snapshot."""
        codec = Rows(self.view)
        if sample:
            rows = await connection.fetchval(f"SELECT count(*) FROM {codec.table}")
            self.sample = _Sample(max(1, rows // sample), await read_groups(connection) if self.view.combine else {})
        self.paused = {row[0] for row in await connection.fetch(PAUSED, self.view.name)}
        async for record in connection.cursor(codec.select_all, prefetch=FETCHED):
            row = codec.row(record)
            if self.sample.has(self._name(row)):
                self.stored[record[0]] = row

    def _name(self, row: Any) -> str:
        return self._of.subject(row) if self.view.combine else str(self._of.key(row))

    def take(self, page: Page) -> None:
        """Fold what of the page is in the sample."""
        self.fold.take(Page([event for event in page.events if self._concerned(event)]))

    def _concerned(self, event: Recorded) -> bool:
        if (event.number or 0) in self._discarded.get((topic_of(event.service), event.partition), ()):
            return False
        if self.sample.among == 1:
            return True
        name = event.subject if self.view.combine else str(self.view.key(event))
        return self.sample.has(name)

    def compared(self, groups: Mapping[str, Group]) -> Audited:
        """Compare; keys that wait are left out, and groups with one of them: their rows are known to be behind."""
        of, own = self._of, present(self.fold.rows)
        expected = of.combined(own.values(), groups)
        waiting = {of.subject(row) for key, row in own.items() if str(key) in self.paused}
        behind = {groups[subject].root for subject in waiting if subject in groups}
        shown = {key: of.subject(row) for key, row in [*expected.items(), *self.stored.items()]}
        keys = [key for key, subject in shown.items() if str(key) not in self.paused and subject not in behind]
        wrong = [key for key in keys if expected.get(key) != self.stored.get(key)]
        if not wrong:
            return Audited(self.view.name, len(keys), 0, None)
        key = min(wrong, key=str)
        where = _difference(str(key), expected.get(key), self.stored.get(key))
        return Audited(self.view.name, len(keys), len(wrong), _told(where), where)


async def audit(
    service: Service,
    pool: asyncpg.Pool,
    bootstrap_servers: str,
    *,
    views: Collection[str] = (),
    sample: int | None = None,
) -> Sequence[Audited]:
    """Fold the service's views afresh, as far as its consumer has come, and compare row for row.

    `views` names some of them; `sample` is about how many rows of each are looked
    at, chosen by their keys. The rows and the place of the consumer are those of
    one snapshot, so it may run while everything flows. The service's own events
    come from its log, those of others from their topics. Keys with parked
    messages are left out: their rows are known to be behind.
    """
    chosen = [view_named(service, name) for name in views] or list(service.views)
    async with pool.acquire() as connection:
        await connection.execute(SNAPSHOT)
        try:
            places = await read_places(connection, service)
            left_out = await read_left_out(connection, service, "")
            audited = [_View(view, await read_left_out(connection, service, view.name)) for view in chosen]
            for item in audited:
                await item.look(connection, sample)
        finally:
            await connection.execute("ROLLBACK")
    groups = await _fold(service, pool, bootstrap_servers, audited, places, left_out)
    return [item.compared(groups) for item in audited]


async def _fold(
    service: Service,
    pool: asyncpg.Pool,
    bootstrap_servers: str,
    audited: Sequence[_View],
    places: Places,
    left_out: LeftOut,
) -> Mapping[str, Group]:
    edges = Edges(service.merges)
    views = [item.view for item in audited]
    async with past(service, views, pool, bootstrap_servers, edges=True) as read:
        async for page in read.pages({}, places, left_out):
            for event in page.events if service.merges else ():
                edges.take(event)
            for item in audited:
                item.take(page)
    return edges.groups()


async def count_rows(pool: asyncpg.Pool, view: View[Any]) -> int:
    """Return how many rows a view has."""
    rows: int = await pool.fetchval(f"SELECT count(*) FROM {view.table.name}")
    return rows


def _difference(key: str, log: Any, view: Any) -> Difference:
    if log is None or view is None:
        return Difference(key, None, _side(log), _side(view))
    one, other = structs.asdict(log), structs.asdict(view)
    column = next(name for name in one if one[name] != other[name])
    return Difference(key, column, str(one[column]), str(other[column]))


def _side(row: Any) -> str:
    return "no row" if row is None else "a row"


def _told(found: Difference) -> str:
    column = f", {found.column}" if found.column else ""
    return f"{found.key}{column}: the log gives {found.log}, the view has {found.view}"
