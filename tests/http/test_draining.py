"""A process that is told to end is not ready at once, and answers on until balancers have noticed."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from services.contact.service import SERVICE
from shared.http.kit import Kit
from shared.migrations import migrate
from shared.stack.ports import free_ports
from shared.stack.processes import Process, start_detached

LAG_SECONDS = 2


async def test_an_answer_says_that_its_connection_ends_while_the_process_drains(
    client: httpx.AsyncClient, kit: Kit
) -> None:
    assert "connection" not in (await client.get("/v1/counters/a")).headers
    kit.readiness.draining = True
    assert (await client.get("/v1/counters/a")).headers["connection"] == "close"


@pytest.fixture
async def process(database: str, tmp_path: Path) -> AsyncIterator[tuple[Process, str]]:
    await migrate(SERVICE, database)
    port, metrics_port = free_ports(2)
    environment = {
        "CONTACT_DATABASE_URL": database,
        "KEYS_DATABASE_URL": database,
        "CONTACT_PORT": str(port),
        "CONTACT_METRICS_PORT": str(metrics_port),
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "DRAIN_LAG": str(LAG_SECONDS),
    }
    command = [sys.executable, "-m", "rapport", "run", "contact", "--role", "api"]
    started = start_detached(command, tmp_path / "contact.log", environment)
    yield started, f"http://127.0.0.1:{port}"
    started.kill()


async def test_an_api_that_was_told_to_end_answers_on_for_its_lag_over_new_connections_too(
    process: tuple[Process, str],
) -> None:
    running, url = process
    async with httpx.AsyncClient() as client:
        await _ready(client, f"{url}/readyz")
        begin = time.monotonic()
        os.kill(running.pid, signal.SIGTERM)
        answered = 0
        while running.alive:
            try:
                ready = await client.get(f"{url}/readyz")
                answer = await client.get(f"{url}/livez")
            except httpx.HTTPError:
                break
            assert answer.status_code == httpx.codes.OK
            answered += 1
            if ready.status_code == httpx.codes.SERVICE_UNAVAILABLE:
                assert answer.headers["connection"] == ready.headers["connection"] == "close"
            await asyncio.sleep(0.05)
        assert answered > 1
        assert time.monotonic() - begin >= LAG_SECONDS
        async with asyncio.timeout(10):
            while running.alive:
                await asyncio.sleep(0.05)


async def _ready(client: httpx.AsyncClient, url: str) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                if (await client.get(url)).status_code == httpx.codes.OK:
                    return
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.05)
