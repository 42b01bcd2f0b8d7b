"""A thousand listeners on one real process: little memory, no waiting writer, and an end within ten seconds."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import pytest

from bench.listeners import listeners, own_memory_mib
from services.contact.service import SERVICE
from shared.http.auth import development_token
from shared.migrations import migrate, migrate_keys
from shared.relay.sequence import Sequencer
from shared.runtime.pool import connect
from shared.settings import KernelSettings
from shared.stack.ports import free_ports
from shared.stack.postgres import Postgres
from shared.stack.processes import Process, start_detached
from shared.store.contract import PARTITIONS
from shared.testing.stack import fresh_database

MANY = 1000
SETTINGS = KernelSettings(kafka_bootstrap_servers="127.0.0.1:1")
TOKEN = development_token(SETTINGS, ["contact:read", "contact:write"], subject="tester")
HEADERS = {"Authorization": f"Bearer {TOKEN}"}


class Running:
    """Contact's API in a process of its own, with its database."""

    def __init__(self, process: Process, port: int, pool: asyncpg.Pool) -> None:
        self.process = process
        self.port = port
        self.pool = pool
        self.url = f"http://127.0.0.1:{port}"

    async def register(self, client: httpx.AsyncClient) -> float:
        """Register a customer; return how long it took."""
        start = time.perf_counter()
        draft = {"source": "branch", "channel": "web"}
        answer = await client.put(f"{self.url}/v1/customers/{uuid4()}", json=draft, headers=HEADERS)
        assert answer.status_code == 201
        return time.perf_counter() - start


@pytest.fixture
async def keys(postgres: Postgres) -> AsyncIterator[str]:
    async with fresh_database(postgres) as url:
        await migrate_keys(url)
        yield url


@pytest.fixture
async def running(database: str, keys: str, tmp_path: Path) -> AsyncIterator[Running]:
    await migrate(SERVICE, database)
    pool = await connect(database, size=2)
    port, metrics_port = free_ports(2)
    environment = {
        "CONTACT_DATABASE_URL": database,
        "KEYS_DATABASE_URL": keys,
        "CONTACT_PORT": str(port),
        "CONTACT_METRICS_PORT": str(metrics_port),
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
    }
    command = [sys.executable, "-m", "rapport", "run", "contact", "--role", "api"]
    process = start_detached(command, tmp_path / "contact.log", environment)
    try:
        async with httpx.AsyncClient() as client:
            await _ready(client, f"http://127.0.0.1:{port}/readyz")
        yield Running(process, port, pool)
    finally:
        process.kill()
        await pool.close()


async def _ready(client: httpx.AsyncClient, url: str) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                if (await client.get(url)).status_code == httpx.codes.OK:
                    return
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.05)


async def test_a_thousand_listeners_cost_little_hear_everything_and_end_with_the_process(running: Running) -> None:
    sequencer = Sequencer(running.pool, range(PARTITIONS))
    await sequencer.lead()
    async with httpx.AsyncClient() as client:
        before = own_memory_mib(running.process.pid)
        async with listeners(running.port, "/v1/feed", TOKEN, MANY) as sockets:
            extra = own_memory_mib(running.process.pid) - before
            assert extra < 50, f"{extra:.0f} MiB for {MANY} idle listeners"
            took = sorted([await running.register(client) for _ in range(20)])
            assert took[10] < 0.25, "a writer waited for listeners"
            await sequencer.next_batch(100)
            heard = await asyncio.gather(*(_hear(socket.reader, 20) for socket in sockets))
            assert heard == [20] * MANY
            start = time.monotonic()
            os.kill(running.process.pid, signal.SIGTERM)
            async with asyncio.timeout(15):
                await asyncio.gather(*(socket.reader.read() for socket in sockets))
                while running.process.alive:
                    await asyncio.sleep(0.05)
            assert time.monotonic() - start < 10


async def _hear(reader: asyncio.StreamReader, count: int) -> int:
    async with asyncio.timeout(30):
        for _ in range(count):
            await reader.readuntil(b"\ndata: ")
    return count


MEGABYTES = (
    """
    INSERT INTO event
    SELECT n, pg_current_xact_id(), 'customer-' || n, 1, 'customer-registered', 1, 0, 's',
           jsonb_build_object('customer_id', gen_random_uuid(), 'source', 'x', 'channel', repeat('x', 2000)),
           '{}', now(), now()
    FROM generate_series(1, 10000) n
    """,
    "INSERT INTO publication SELECT 0, 1 + 100 * b, array(SELECT 100 * b + i FROM generate_series(1, 100) i)"
    " FROM generate_series(0, 99) b",
    "UPDATE relay_partition SET next_seq = 10001 WHERE partition = 0",
)
"""More than the buffers between two sockets take."""


async def test_a_process_ends_in_time_also_with_a_listener_that_takes_nothing(running: Running) -> None:
    for statement in MEGABYTES:
        await running.pool.execute(statement)
    async with listeners(running.port, "/v1/feed", TOKEN, 3, headers="last-event-id: 0\r\n"):
        await asyncio.sleep(1)
        start = time.monotonic()
        os.kill(running.process.pid, signal.SIGTERM)
        async with asyncio.timeout(15):
            while running.process.alive:
                await asyncio.sleep(0.05)
        assert time.monotonic() - start < 10
