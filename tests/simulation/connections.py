"""asyncpg as the kernel uses it, in front of the database in memory: pools, connections, transactions."""

from collections.abc import Sequence
from typing import Any, Self

import asyncpg

from tests.simulation.database import Database
from tests.simulation.process import Process
from tests.simulation.session import Lost, Session
from tests.simulation.statements import KNOWN, statement


class Queries:
    """What pools and connections have in common."""

    session: Session | None

    async def fetch(self, query: str, *args: Any) -> Sequence[Any]:
        session, work = self.session, (KNOWN.get(query) or statement(query)).work
        if session is None or session.gone:
            session = self._another()
        alone = session.transaction is None
        rows: Sequence[Any] | None = session.at_once(work, args, alone=alone)
        return await session.ask(work, args, alone=alone) if rows is None else rows

    async def fetchrow(self, query: str, *args: Any) -> Any:
        rows = await self.fetch(query, *args)
        return rows[0] if rows else None

    async def fetchval(self, query: str, *args: Any) -> Any:
        rows = await self.fetch(query, *args)
        return rows[0][0] if rows else None

    async def execute(self, query: str, *args: Any) -> str:
        rows = await self.fetch(query, *args)
        return f"{KNOWN[query].tag} {len(rows)}"

    def _another(self) -> Session:
        """Return a session, where there is none that lives."""
        raise NotImplementedError


class Connection(Queries):
    """One connection of a process."""

    def __init__(self, session: Session, pool: "Pool") -> None:
        self._own = session
        self.session = session
        self.pool = pool

    def _another(self) -> Session:
        return self._own

    def transaction(self) -> "Block":
        """Return a transaction; inside another, a savepoint of it."""
        return Block(self._own)


class Block:
    """A transaction, or a savepoint, as a context or by hand."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._savepoint: Any = None

    async def start(self) -> None:
        self._open()

    def _open(self) -> None:
        session = self._session
        if session.gone:
            raise Lost("the connection is gone")
        if session.transaction is not None:
            self._savepoint = session.transaction.savepoint()
        else:
            session.begin()

    async def commit(self) -> None:
        if self._savepoint is None:
            await self._session.commit()
        else:
            self._session.release()

    async def rollback(self) -> None:
        self._session.rollback(self._savepoint)

    async def __aenter__(self) -> Self:
        self._open()
        return self

    async def __aexit__(self, kind: Any, *_: object) -> None:
        if kind is None:
            await self.commit()
        else:
            self._session.rollback(self._savepoint)


class Acquired:
    """A connection of its own for as long as the context lasts."""

    def __init__(self, session: Session, pool: "Pool") -> None:
        self._session = session
        self._pool = pool

    async def __aenter__(self) -> Connection:
        return Connection(self._session, self._pool)

    async def __aexit__(self, *_: object) -> None:
        self._session.close()


class Pool(Queries, asyncpg.Pool):  # type: ignore[misc] # asyncpg carries no types; the store asks what it was given
    """A process's connections; there are always enough."""

    def __init__(self, database: Database, process: Process) -> None:
        self.database = database
        self.process = process
        self.session: Session | None = None
        process.on_death.append(self._abandon)
        self._sessions: list[Session] = []

    def _another(self) -> Session:
        session = self.session = self._connect()
        return session

    def _connect(self) -> Session:
        session = Session(self.database, self.process)
        self._sessions.append(session)
        return session

    def acquire(self) -> Acquired:
        return Acquired(self._connect(), self)

    def _abandon(self) -> None:
        """The process is dead; the server notices it after a while."""
        world = self.database.world
        for session in self._sessions:
            if session.transaction is not None:
                world.post(10 * world.delay(), None, session.end)
            else:
                session.gone = True
