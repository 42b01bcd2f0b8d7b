"""Transactions that a scenario opens and ends by hand, beside others that wait for them."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

from shared.store.postgres import PostgresEventStore
from shared.testing.sample import NOW, PUBLISHED

A_WHILE = 0.2
"""Seconds in which a statement that needn't wait is done, in the simulated world and on a busy machine."""


def store(database: Any) -> PostgresEventStore:
    return PostgresEventStore(database, PUBLISHED, clock=lambda: NOW)


async def waits(task: "asyncio.Task[Any]") -> bool:
    await asyncio.sleep(A_WHILE)
    return not task.done()


class Open:
    """A transaction that a scenario opens and ends by hand."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self._stack = AsyncExitStack()

    async def begin(self) -> Any:
        connection = await self._stack.enter_async_context(self._pool.acquire())
        self._transaction = connection.transaction()
        await self._transaction.start()
        return connection

    async def commit(self) -> None:
        await self._transaction.commit()
        await self._stack.aclose()

    async def rollback(self) -> None:
        await self._transaction.rollback()
        await self._stack.aclose()
