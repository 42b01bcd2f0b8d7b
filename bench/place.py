"""Where benchmarks run: a private PostgreSQL and Kafka in a temporary folder, and fresh databases."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from uuid import uuid4

import asyncpg

from rapport.services import load
from shared.migrations import KEYS, migrate
from shared.runtime.pool import connect
from shared.service import Service
from shared.settings import KernelSettings
from shared.stack.postgres import create_database
from shared.stack.stack import Stack
from shared.testing.stack import private_stack


class Place:
    """The running parts."""

    def __init__(self, stack: Stack) -> None:
        environment = stack.environment()
        self._server = environment["BENCH_DATABASE_URL"]
        self.keys = environment["KEYS_DATABASE_URL"]
        self.bootstrap_servers = environment["KAFKA_BOOTSTRAP_SERVERS"]
        self.settings = KernelSettings(kafka_bootstrap_servers=self.bootstrap_servers)

    async def database(self, service: Service) -> str:
        """Return the address of a fresh database with the service's tables."""
        name = f"bench_{uuid4().hex[:10]}"
        await create_database(self._server, name)
        url = self._server.replace("/bench?", f"/{name}?")
        await migrate(service, url)
        return url

    @asynccontextmanager
    async def pool(self, service: Service, size: int) -> AsyncIterator[asyncpg.Pool]:
        """Open a pool of `size` warm connections to a fresh database."""
        pool = await connect(await self.database(service), size=size)
        connections = [await pool.acquire() for _ in range(size)]
        for connection in connections:
            await pool.release(connection)
        try:
            yield pool
        finally:
            await pool.close()


@contextmanager
def place() -> Iterator[Place]:
    """Start private parts, and remove them after."""
    for name in [name for name in os.environ if name.endswith("_DATABASE_URL") or name.startswith("KAFKA_")]:
        del os.environ[name]
    with private_stack(["bench", KEYS]) as stack:
        yield Place(stack)


CONTACT = load("contact")
"""The service whose events the kernel's figures are measured with."""
