"""asyncpg as the kernel uses it, in front of the database in memory: pools, connections, transactions.

A request travels, is worked on by the server, and its answer travels back: in
each of the three a process may be frozen or killed, or the connection be cut,
while the server goes on.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Self

import asyncpg

from tests.simulation.database import Blocked, Database, Deadlock, Tables, Transaction
from tests.simulation.process import Process, fail, resolve
from tests.simulation.statements import statement
from tests.simulation.world import World

Work = Callable[..., Any]


class Lost(asyncpg.ConnectionDoesNotExistError):  # type: ignore[misc] # asyncpg carries no types
    """The connection is gone; what was asked last may have happened or not."""


class Session:
    """One connection, seen from the server."""

    def __init__(self, database: Database, process: Process) -> None:
        self._database = database
        self._world: World = database.world
        self._process = process
        self.transaction: Transaction | None = None
        self._future: asyncio.Future[Any] | None = None
        self.gone = False
        database.sessions.append(self)

    async def ask(self, work: Work, args: tuple[Any, ...], *, alone: bool) -> Any:
        """Have the server do `work` in the open transaction, or `alone` in one of its own."""
        process, world = self._process, self._world
        if self.gone or process.dead:
            raise Lost("the connection is gone")
        if process.cut_connections and not world.calm:
            process.cut_connections -= 1
            return await self._cut(work, args, alone=alone, heard=world.chance.random() < 0.5)
        if world.chance.random() < world.swiftness:
            try:
                return self._at_once(work, args, alone=alone)
            except Blocked:
                pass
        future = self._future = process.create_future()
        transaction = self.transaction if not alone and self.transaction else self._database.begin(process.name)
        world.post(world.delay(), None, self._attempt, work, args, alone, transaction, future, True)
        try:
            return await future
        except asyncio.CancelledError:
            if not alone:
                self.end()
            raise

    def _at_once(self, work: Work, args: tuple[Any, ...], *, alone: bool) -> Any:
        """The whole way in one moment, where nobody else holds a row that it needs."""
        if alone or self.transaction is None:
            transaction = Transaction(self._database, self._process.name)
        else:
            transaction = self.transaction
            _must_be_whole(transaction)
            transaction.snapshot = self._database.tables
        try:
            result = work(transaction, *args)
        except BaseException as error:
            if alone:
                transaction.end()
            elif not isinstance(error, Blocked):
                transaction.failed = True
            transaction.waits_for = None
            raise
        if alone:
            transaction.commit()
        return result

    async def _cut(self, work: Work, args: tuple[Any, ...], *, alone: bool, heard: bool) -> None:
        """The connection is lost on the way there, or on the way back."""
        await self._process.sleep(self._world.delay())
        if heard and not self.gone:
            try:
                self._at_once(work, args, alone=alone)
            except Exception as error:
                self._world.tell(self._process.name, f"a statement whose answer was lost had failed: {error!r}")
        self._world.tell(self._process.name, f"connection lost {'after' if heard else 'before'} the server did it")
        self.end()
        raise Lost("the connection was cut")

    def _attempt(
        self,
        work: Work,
        args: tuple[Any, ...],
        alone: bool,  # noqa: FBT001 - posted by place
        transaction: Transaction,
        future: Any,
        first: bool,  # noqa: FBT001 - posted by place
    ) -> None:
        if transaction.ended or (self.gone and not alone):
            self._answer(future, Lost("the server ended the connection"), failed=True)
            return
        if first:
            transaction.snapshot = self._database.tables
        transaction.waits_for = None
        try:
            _must_be_whole(transaction)
            result = work(transaction, *args)
        except Blocked as blocked:
            again = (work, args, alone, transaction, future, False)
            blocked.holder.when_ended(lambda: self._world.post(0.0002, None, self._attempt, *again))
        except Exception as error:
            transaction.failed = True
            if alone:
                transaction.end()
            self._answer(future, _told(error), failed=True)
        else:
            if alone:
                self._world.post(self._world.delay(), None, self._commit, transaction, future, result)
            else:
                self._answer(future, result)

    def _commit(self, transaction: Transaction, future: Any, result: Any) -> None:
        if transaction.ended:
            self._answer(future, Lost("the server was restarted"), failed=True)
        else:
            transaction.commit()
            self._answer(future, result)

    def _answer(self, future: Any, result: Any, *, failed: bool = False) -> None:
        self._world.post(self._world.delay(), self._process, fail if failed else resolve, future, result)

    def begin(self) -> None:
        """Open a transaction."""
        self.transaction = self._database.begin(self._process.name)

    async def commit(self) -> None:
        """Commit what is open; when this raises, it may have been committed or not."""
        transaction = self.transaction
        if self.gone or transaction is None:
            raise Lost("the connection is gone")
        self.transaction = None  # from here on nobody takes it back but a server that goes down
        try:
            await self.ask(_commit, (transaction,), alone=True)
        except Lost:
            self._world.post(self._world.delay(), None, transaction.end)
            raise

    def rollback(self, savepoint: Tables | None) -> None:
        """Take back what was done, all of it or since the savepoint; a dead process can't."""
        if self.transaction is not None and not self._process.dead:
            if savepoint is not None:
                self.transaction.back_to(savepoint)
            else:
                self.transaction.end()
                self.transaction = None

    def close(self) -> None:
        """The process lets the connection go; a dead one can't."""
        if not self._process.dead:
            self.end()

    def end(self) -> None:
        """The server notices that nobody is there any more, or is told so: what was open is rolled back."""
        self.gone = True
        if self.transaction is not None:
            self.transaction.end()
            self.transaction = None

    def break_off(self) -> None:
        """The server goes down: whoever waits for an answer learns that."""
        self.end()
        if self._future is not None and not self._process.dead:
            self._world.post(0, self._process, fail, self._future, Lost("the server went down"))


def _commit(_: Transaction, transaction: Transaction) -> list[Any]:
    if transaction.ended:
        raise Lost("the server went down before the commit")
    transaction.commit()
    return []


def _must_be_whole(transaction: Transaction) -> None:
    if transaction.failed:
        raise asyncpg.InFailedSQLTransactionError("the transaction has failed")


def _told(error: Exception) -> Exception:
    return asyncpg.DeadlockDetectedError("deadlock detected") if isinstance(error, Deadlock) else error


class Queries:
    """What pools and connections have in common."""

    async def fetch(self, query: str, *args: Any) -> Sequence[Any]:
        session = self._session()
        rows: Sequence[Any] = await session.ask(statement(query).work, args, alone=session.transaction is None)
        return rows

    async def fetchrow(self, query: str, *args: Any) -> Any:
        session = self._session()
        rows = await session.ask(statement(query).work, args, alone=session.transaction is None)
        return rows[0] if rows else None

    async def fetchval(self, query: str, *args: Any) -> Any:
        session = self._session()
        rows = await session.ask(statement(query).work, args, alone=session.transaction is None)
        return rows[0][0] if rows else None

    async def execute(self, query: str, *args: Any) -> str:
        asked, session = statement(query), self._session()
        rows = await session.ask(asked.work, args, alone=session.transaction is None)
        return f"{asked.tag} {len(rows)}"

    def _session(self) -> Session:
        raise NotImplementedError


class Connection(Queries):
    """One connection of a process."""

    def __init__(self, session: Session, pool: "Pool") -> None:
        self.session = session
        self.pool = pool

    def _session(self) -> Session:
        return self.session

    def transaction(self) -> "Block":
        """Return a transaction; inside another, a savepoint of it."""
        return Block(self.session)


class Block:
    """A transaction, or a savepoint, as a context or by hand."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._savepoint: Any = None

    async def start(self) -> None:
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

    async def rollback(self) -> None:
        self._session.rollback(self._savepoint)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, kind: Any, *_: object) -> None:
        await (self.commit() if kind is None else self.rollback())


class Pool(Queries, asyncpg.Pool):  # type: ignore[misc] # asyncpg carries no types; the store asks what it was given
    """A process's connections; there are always enough."""

    def __init__(self, database: Database, process: Process) -> None:
        self.database = database
        self.process = process
        self._alone: Session | None = None
        process.on_death.append(self._abandon)
        self._sessions: list[Session] = []

    def _session(self) -> Session:
        session = self._alone
        if session is None or session.gone:
            session = self._alone = self._connect()
        return session

    def _connect(self) -> Session:
        session = Session(self.database, self.process)
        self._sessions.append(session)
        return session

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Connection]:
        session = self._connect()
        try:
            yield Connection(session, self)
        finally:
            session.close()

    def _abandon(self) -> None:
        """The process is dead; the server notices it after a while."""
        world = self.database.world
        for session in self._sessions:
            if session.transaction is not None:
                world.post(10 * world.delay(), None, session.end)
            else:
                session.gone = True
