"""One connection as the server sees it: what it is asked, and what becomes of it when either side breaks off.

A request travels, is worked on by the server, and its answer travels back: in
each of the three a process may be frozen or killed, or the connection be cut,
while the server goes on.
"""

import asyncio
from collections.abc import Callable
from typing import Any, NoReturn

import asyncpg

from tests.simulation.database import Blocked, Database, Deadlock, Tables, Transaction
from tests.simulation.process import Process, fail, resolve
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
        self._unused: Transaction | None = None
        """One that has only read, and can be had again by a statement that comes alone."""
        self._future: asyncio.Future[Any] | None = None
        self.gone = False
        database.sessions.append(self)

    def at_once(self, work: Work, args: tuple[Any, ...], *, alone: bool) -> Any:
        """Have the server do `work` in the open transaction, or `alone` in one of its own, in this very moment.

        None where that takes time: then it is to be asked for.
        """
        process, world = self._process, self._world
        if self.gone or process.dead:
            raise Lost("the connection is gone")
        if (process.cut_connections and not world.calm) or world.random() >= world.swiftness:
            return None
        try:
            return self._at_once(work, args, alone=alone)
        except Blocked:
            return None

    async def ask(self, work: Work, args: tuple[Any, ...], *, alone: bool) -> Any:
        """Have the server do what couldn't be done at once."""
        process, world = self._process, self._world
        if process.cut_connections and not world.calm:
            process.cut_connections -= 1
            return await self._cut(work, args, alone=alone, heard=world.chance.random() < 0.5)
        future = self._future = process.create_future()
        transaction = self.transaction if not alone and self.transaction else self._database.begin(process.name)
        world.later(None, self._attempt, work, args, alone, transaction, future, True)
        try:
            return await future
        except asyncio.CancelledError:
            if not alone:
                self.end()
            raise

    def _at_once(self, work: Work, args: tuple[Any, ...], *, alone: bool) -> Any:
        """The whole way in one moment, where nobody else holds a row that it needs."""
        if alone or self.transaction is None:
            transaction, self._unused = self._unused or Transaction(self._database, self._process.name), None
        else:
            transaction = self.transaction
            if transaction.failed:
                _refuse()
        transaction.look()
        try:
            result = work(transaction, *args)
        except BaseException as error:
            if alone:
                transaction.end()
            elif not isinstance(error, Blocked):
                transaction.fail()
            transaction.waits_for = None
            raise
        if alone and transaction.holds:
            transaction.commit()
        elif alone:
            self._unused = transaction
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
            transaction.look()
        transaction.waits_for = None
        try:
            if transaction.failed:
                _refuse()
            result = work(transaction, *args)
        except Blocked as blocked:
            again = (work, args, alone, transaction, future, False)
            blocked.holder.when_ended(lambda: self._world.post(0.0002, None, self._attempt, *again))
        except Exception as error:
            transaction.fail()
            if alone:
                transaction.end()
            self._answer(future, _told(error), failed=True)
        else:
            if alone and transaction.holds:
                self._world.later(None, self._commit, transaction, future, result)
                return
            if alone:
                transaction.end()
            self._answer(future, result)

    def _commit(self, transaction: Transaction, future: Any, result: Any) -> None:
        if transaction.ended:
            self._answer(future, Lost("the server was restarted"), failed=True)
        else:
            transaction.commit()
            self._answer(future, result)

    def _answer(self, future: Any, result: Any, *, failed: bool = False) -> None:
        self._world.later(self._process, fail if failed else resolve, future, result)

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
            if self.at_once(_commit, (transaction,), alone=True) is None:
                await self.ask(_commit, (transaction,), alone=True)
        except Lost:
            self._world.later(None, transaction.end)
            raise

    def release(self) -> None:
        """Let the newest savepoint be: what came after it is part of the transaction."""
        if self.gone or self.transaction is None:
            raise Lost("the connection is gone")
        self.transaction.depth -= 1

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


def _refuse() -> NoReturn:
    raise asyncpg.InFailedSQLTransactionError("the transaction has failed")


def _told(error: Exception) -> Exception:
    return asyncpg.DeadlockDetectedError("deadlock detected") if isinstance(error, Deadlock) else error
