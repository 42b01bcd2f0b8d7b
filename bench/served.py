"""Contact in a process of its own, over fresh databases, for as long as a measurement takes."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from bench.http_command import CONTACT, ready
from bench.place import Place
from shared.http.auth import development_token
from shared.stack.ports import free_ports
from shared.stack.processes import Process, start_detached


class Served(NamedTuple):
    """The running process: where it answers, by which token, and over which database."""

    process: Process
    port: int
    token: str
    database: str


@asynccontextmanager
async def contact(at: Place, role: str) -> AsyncIterator[Served]:
    """Run contact in `role` until the block ends."""
    database = await at.database(CONTACT)
    port, metrics_port = free_ports(2)
    environment = {
        "CONTACT_DATABASE_URL": database,
        "KEYS_DATABASE_URL": at.keys,
        "CONTACT_PORT": str(port),
        "CONTACT_METRICS_PORT": str(metrics_port),
        "KAFKA_BOOTSTRAP_SERVERS": at.bootstrap_servers,
    }
    command = [sys.executable, "-m", "rapport", "run", "contact", "--role", role]
    process = start_detached(command, Path(os.devnull), environment)
    token = development_token(at.settings, ["contact:read", "contact:write"], subject="bench")
    try:
        await ready(f"http://127.0.0.1:{port}/readyz")
        yield Served(process, port, token, database)
    finally:
        process.stop(10)
