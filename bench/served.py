"""Contact in processes of its own, over one database, for as long as a measurement takes."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import httpx

from bench.place import CONTACT, Place
from shared.http.auth import development_token
from shared.migrations import migrate_keys
from shared.stack.ports import free_ports
from shared.stack.processes import Process, start_detached, stop_all

LOG = Path(os.devnull)
READY_SECONDS = 90


class Served(NamedTuple):
    """One running process: where it answers, by which token, and over which database."""

    process: Process
    port: int
    token: str
    database: str


@asynccontextmanager
async def contact(at: Place, role: str) -> AsyncIterator[Served]:
    """Run contact in `role`, over a fresh database, until the block ends."""
    async with contacts(at, role, 1, await at.database(CONTACT)) as (served,):
        yield served


@asynccontextmanager
async def contacts(at: Place, role: str, count: int, database: str) -> AsyncIterator[list[Served]]:
    """Run so many processes of contact in `role` over `database` until the block ends."""
    token = development_token(at.settings, ["contact:read", "contact:write"], subject="bench")
    await migrate_keys(at.keys)
    started = [_start(at, role, database, token) for _ in range(count)]
    try:
        await asyncio.gather(*(ready(f"http://127.0.0.1:{one.metrics}/readyz") for one in started))
        yield [one.served for one in started]
    finally:
        stop_all([one.served.process for one in started], 10)


class _Started(NamedTuple):
    served: Served
    metrics: int


def _start(at: Place, role: str, database: str, token: str) -> _Started:
    port, metrics_port = free_ports(2)
    environment = {
        "CONTACT_DATABASE_URL": database,
        "KEYS_DATABASE_URL": at.keys,
        "CONTACT_PORT": str(port),
        "CONTACT_METRICS_PORT": str(metrics_port),
        "KAFKA_BOOTSTRAP_SERVERS": at.bootstrap_servers,
    }
    command = [sys.executable, "-m", "rapport", "run", "contact", "--role", role]
    return _Started(Served(start_detached(command, LOG, environment), port, token, database), metrics_port)


async def ready(url: str) -> None:
    """Wait until an address answers 200. TimeoutError: it didn't within READY_SECONDS."""
    deadline = time.monotonic() + READY_SECONDS
    async with httpx.AsyncClient() as client:
        while time.monotonic() < deadline:
            try:
                if (await client.get(url)).status_code == httpx.codes.OK:
                    return
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.05)
    raise TimeoutError(f"{url} didn't become ready within {READY_SECONDS} s")
