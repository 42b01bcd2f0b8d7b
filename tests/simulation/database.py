"""A PostgreSQL in memory: tables, row locks and transactions at READ COMMITTED, as the kernel's statements meet them.

Committed tables are never changed: a commit puts new ones in their place. So a
statement's snapshot is a reference, and what a transaction wrote lies beside it.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from tests.simulation.telling import told
from tests.simulation.world import World

Key = Any
Row = Any
Tables = dict[str, dict[Key, Row]]

TABLES = (
    "stream",
    "event",
    "outbox",
    "idempotency",
    "timer",
    "publication",
    "relay_partition",
    "consumer_position",
    "parked_key",
    "parked",
)


class Blocked(Exception):
    """Another transaction holds a row: the statement must wait, and begin again."""

    def __init__(self, holder: "Transaction") -> None:
        super().__init__()
        self.holder = holder


class Deadlock(Exception):
    """Two transactions wait for each other."""


class Database:
    """What is committed, who holds which row, and the sequences, which know no transactions."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.tables: Tables = {name: {} for name in TABLES}
        self.exclusive: dict[tuple[str, Key], Transaction] = {}
        self.shared: dict[tuple[str, Key], dict[Transaction, None]] = {}
        self.sequences: dict[str, int] = defaultdict(int)
        self.running: dict[int, None] = {}
        """The numbers of transactions that have one and haven't ended; never changed, like tables."""
        self.open: dict[Transaction, None] = {}
        self.sessions: list[Any] = []

    def next(self, sequence: str) -> int:
        """Draw the next value; a transaction that is rolled back burns it."""
        self.sequences[sequence] += 1
        return self.sequences[sequence]

    def begin(self, owner: str = "") -> "Transaction":
        """Open a transaction; `owner` is who a trace says it was."""
        transaction = Transaction(self, owner)
        self.open[transaction] = None
        return transaction


class Transaction:
    """One transaction: what it wrote, and which rows it holds."""

    __slots__ = (
        "_database",
        "_exclusive",
        "_number",
        "_running",
        "_shared",
        "_waiting",
        "depth",
        "ended",
        "failed",
        "holds",
        "owner",
        "snapshot",
        "waits_for",
        "writes",
    )

    def __init__(self, database: Database, owner: str = "") -> None:
        self._database = database
        self.owner = owner
        self.writes: Tables = {}
        self.snapshot: Mapping[str, Mapping[Key, Row]] = database.tables
        self._running: Mapping[int, None] = database.running
        self._number = 0
        self.holds = False
        """Whether it holds, or has written, anything at all."""
        self.depth = 0
        """Savepoints that are open."""
        self.failed = False
        self.ended = False
        self.waits_for: Transaction | None = None
        self._exclusive: list[tuple[str, Key]] = []
        self._shared: list[tuple[str, Key]] = []
        self._waiting: list[Callable[[], None]] = []

    def next(self, sequence: str) -> int:
        """See `Database.next`."""
        return self._database.next(sequence)

    # Reading.

    def look(self) -> None:
        """Take a snapshot: what is committed, and who is still running, as a statement begins."""
        self.snapshot = self._database.tables
        self._running = self._database.running

    @property
    def oldest(self) -> int:
        """The lowest number of a transaction that hadn't ended when this one looked; where none ran, this one's."""
        return min(self._running, default=self.number)

    @property
    def number(self) -> int:
        """This transaction's number, given when it is first needed: at the first row held, as in PostgreSQL."""
        if not self._number:
            self.holds = True
            self._number = self._database.next("transaction")
            self._database.running = {**self._database.running, self._number: None}
        return self._number

    def see(self, table: str) -> Mapping[Key, Row]:
        """Return the table as this statement sees it: its snapshot, and what the transaction wrote itself."""
        own = self.writes.get(table)
        return _over(self.snapshot[table], own) if own else self.snapshot[table]

    def newest(self, table: str) -> Mapping[Key, Row]:
        """Return the table as it is committed now, as unique indexes and whoever has waited for a row see it."""
        own = self.writes.get(table)
        return _over(self._database.tables[table], own) if own else self._database.tables[table]

    # Locking and writing.

    def lock(self, table: str, key: Key) -> None:
        """Hold the row (or the place of one that isn't there) alone until the end. Raises Blocked, Deadlock."""
        place = (table, key)
        exclusive, shared = self._database.exclusive, self._database.shared
        holder = exclusive.get(place)
        if holder is self:
            return
        if holder is not None:
            self._wait_for(holder)
        for other in shared.get(place, ()) if shared else ():
            if other is not self:
                self._wait_for(other)
        exclusive[place] = self
        self._exclusive.append(place)
        _ = self._number or self.number

    def removed_by_another(self, table: str, key: Key) -> bool:
        """Tell whether a transaction that is still open has removed the row."""
        holder = self._database.exclusive.get((table, key))
        return holder is not None and holder is not self and holder.writes.get(table, {}).get(key, holder) is None

    def share(self, table: str, key: Key) -> None:
        """Hold the row together with others until the end. Raises Blocked, Deadlock."""
        place = (table, key)
        holder = self._database.exclusive.get(place)
        if holder is not None and holder is not self:
            self._wait_for(holder)
        self.holds = True
        self._database.shared.setdefault(place, {})[self] = None
        self._shared.append(place)

    def _wait_for(self, holder: "Transaction") -> None:
        other: Transaction | None = holder
        while other is not None:
            if other is self:
                raise Deadlock
            other = other.waits_for
        self.waits_for = holder
        raise Blocked(holder)

    def put(self, table: str, key: Key, row: Row) -> None:
        """Write the row; it is locked."""
        if self._database.exclusive.get((table, key)) is not self:
            self.lock(table, key)
        self.writes.setdefault(table, {})[key] = row

    def delete(self, table: str, key: Key) -> None:
        """Remove the row; it is locked."""
        self.put(table, key, None)

    # Ending.

    def when_ended(self, callback: Callable[[], None]) -> None:
        """Call back once the transaction has let its rows go."""
        self._waiting.append(callback)

    def savepoint(self) -> Tables:
        """Return what `back_to` needs."""
        self.depth += 1
        return {table: dict(rows) for table, rows in self.writes.items()}

    def back_to(self, savepoint: Tables) -> None:
        """Forget what was written since; locks stay."""
        self.depth -= 1
        self.writes = savepoint
        self.failed = False

    def commit(self) -> None:
        """Make it all visible at once."""
        if self.ended:
            return
        if self.writes and not self.failed:
            if self._database.world.trace is not None:
                for line in told(self.writes, self._database.tables):
                    self._database.world.tell(self.owner, line)
            tables = dict(self._database.tables)
            for table, rows in self.writes.items():
                tables[table] = _over(tables[table], rows)
            self._database.tables = tables
        self.end()

    def fail(self) -> None:
        """A statement failed: nothing more can be done in it, and without a savepoint its rows are free at once."""
        self.failed = True
        self.waits_for = None
        if not self.depth:
            self.writes = {}
            self._let_go()

    def end(self) -> None:
        """Let everything go; what wasn't committed is gone."""
        if not self.ended:
            self.ended = True
            self._database.open.pop(self, None)
            self._let_go()

    def _let_go(self) -> None:
        database = self._database
        if self._number:
            database.running = dict(database.running)
            database.running.pop(self._number, None)
        for place in self._exclusive:
            del database.exclusive[place]
        for place in self._shared:
            database.shared[place].pop(self, None)
        self._exclusive, self._shared = [], []
        waiting, self._waiting = self._waiting, []
        for callback in waiting:
            callback()


def _over(committed: Mapping[Key, Row], own: Mapping[Key, Row]) -> dict[Key, Row]:
    rows = {**committed, **own}
    return {key: row for key, row in rows.items() if row is not None} if None in own.values() else rows
