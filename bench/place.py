"""Where benchmarks run: a private PostgreSQL and Kafka in a temporary folder, and fresh databases."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, nullcontext
from pathlib import Path
from uuid import uuid4

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient

from bench.demand import Parts, Span
from bench.sampled import Sampler
from rapport.services import load, outside_topics, topics
from shared.migrations import KEYS, migrate
from shared.runtime.pool import connect
from shared.service import Service
from shared.settings import KernelSettings
from shared.stack.postgres import create_database
from shared.stack.stack import Stack
from shared.stack.topics import ensure_topics, partitions
from shared.testing.stack import private_stack


class Place:
    """The running parts. With a sampler, what is measured is also sampled for a flame graph."""

    def __init__(self, stack: Stack, sampler: Sampler | None = None) -> None:
        environment = stack.environment()
        state = stack.state
        self.stack = stack
        self.folder: Path = stack.home
        self.postgres = [state.postgres.pid] if state.postgres else []
        self.kafka = [process.pid for process in state.brokers]
        self._sampler = sampler
        self._server = environment["BENCH_DATABASE_URL"]
        self.keys = environment["KEYS_DATABASE_URL"]
        self.bootstrap_servers = environment["KAFKA_BOOTSTRAP_SERVERS"]
        self.settings = KernelSettings(kafka_bootstrap_servers=self.bootstrap_servers)

    @contextmanager
    def span(self, name: str, program: Sequence[int] = ()) -> Iterator[Span]:
        """Time what is done inside, and what it costs `program` (by default this process), PostgreSQL and Kafka.

        When `program` is another process, this one is the load. `name` is the figure's, or empty for its peer.
        """
        own = [os.getpid()]
        groups = {"program": program or own, "postgres": self.postgres, "kafka": self.kafka}
        span = Span(Parts({**groups, "load": own} if program else groups))
        sampler = self._sampler if self._sampler and self._sampler.name == name else None
        with sampler.sampling(groups["program"]) if sampler else nullcontext(), span:
            yield span

    async def fresh_topics(self) -> None:
        """Let every topic be an empty log: a relay over a fresh database refuses one that another has written."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap_servers)
        await admin.start()
        try:
            old = set(topics()) & set(await partitions(admin))
            if old:
                await admin.delete_topics(sorted(old))
            while old & set(await partitions(admin)):  # noqa: ASYNC110 - the broker doesn't tell when they are gone
                await asyncio.sleep(0.05)
        finally:
            await admin.close()
        made = set(await ensure_topics(self.bootstrap_servers, topics(), outside=outside_topics()))
        while not made >= old:  # the broker may still be cleaning up after the last ones
            made |= set(await ensure_topics(self.bootstrap_servers, topics(), outside=outside_topics()))

    async def postgresql_version(self) -> str:
        """Return the server's version."""
        connection = await asyncpg.connect(self._server)
        try:
            return str(await connection.fetchval("SHOW server_version"))
        finally:
            await connection.close()

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
def place(sampler: Sampler | None = None) -> Iterator[Place]:
    """Start private parts, and remove them after."""
    for name in [name for name in os.environ if name.endswith("_DATABASE_URL") or name.startswith("KAFKA_")]:
        del os.environ[name]
    with private_stack(["bench", KEYS]) as stack:
        yield Place(stack, sampler)


CONTACT = load("contact")
"""The service whose events the kernel's figures are measured with."""

LOYALTY = load("loyalty")
"""The model service: what its own figures are measured on."""
