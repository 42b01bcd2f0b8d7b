"""Snapshots: folded states of long streams, kept beside the log. They save time and prove nothing."""

from typing import Protocol

from msgspec import Struct

from shared.store.postgres import Database

FIND = "SELECT version, state FROM snapshot WHERE stream_id = $1 AND decider = $2 AND fold_version = $3"

# A release that folds in an older way neither takes the place of a newer one's snapshot nor reads it.
KEEP = """
INSERT INTO snapshot AS s (stream_id, decider, fold_version, version, state) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (stream_id, decider) DO UPDATE
SET fold_version = excluded.fold_version, version = excluded.version, state = excluded.state
WHERE (excluded.fold_version, excluded.version) > (s.fold_version, s.version)
"""


class Folding(Struct, frozen=True):
    """Which fold of which stream: a decider's name and the version of its `evolve` and state."""

    stream: str
    decider: str
    fold_version: int


class Snapshot(Struct, frozen=True):
    """A state's JSON, folded from the stream's events up to `version`."""

    version: int
    state: bytes


class Snapshots(Protocol):
    """One snapshot a stream and decider, always the newest fold's newest."""

    async def find(self, folding: Folding) -> Snapshot | None:
        """Return the snapshot of exactly this fold, or None."""
        ...

    async def keep(self, folding: Folding, snapshot: Snapshot) -> None:
        """Keep the snapshot, unless one of a newer fold, or of a later version of the stream, is there."""
        ...


class PostgresSnapshots:
    """Keeps them in the service's own database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, folding: Folding) -> Snapshot | None:
        """See `Snapshots.find`."""
        rows = await self._database.fetch(FIND, folding.stream, folding.decider, folding.fold_version)
        return Snapshot(rows[0][0], rows[0][1].encode()) if rows else None

    async def keep(self, folding: Folding, snapshot: Snapshot) -> None:
        """See `Snapshots.keep`."""
        key = (folding.stream, folding.decider, folding.fold_version)
        await self._database.execute(KEEP, *key, snapshot.version, snapshot.state.decode())


class InMemorySnapshots:
    """Keeps them in a dict; for tests."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], tuple[int, Snapshot]] = {}

    async def find(self, folding: Folding) -> Snapshot | None:
        """See `Snapshots.find`."""
        fold_version, snapshot = self._kept.get((folding.stream, folding.decider), (0, None))
        return snapshot if fold_version == folding.fold_version else None

    async def keep(self, folding: Folding, snapshot: Snapshot) -> None:
        """See `Snapshots.keep`."""
        key = (folding.stream, folding.decider)
        known = self._kept.get(key)
        if known is None or (folding.fold_version, snapshot.version) > (known[0], known[1].version):
            self._kept[key] = (folding.fold_version, snapshot)
