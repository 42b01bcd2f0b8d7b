"""An HTTP command to a durable event, beside a bare endpoint with one insert: real processes, real sockets."""

import asyncio
import os
import sys
from itertools import count
from pathlib import Path
from uuid import UUID

import asyncpg
import httpx
import msgspec

from bench.figures import Figure, measured
from bench.load import Request, requests_per_second
from bench.place import Place
from rapport.services import load
from shared.http.auth import development_token
from shared.stack.ports import free_ports
from shared.stack.processes import Process, start_detached

CONTACT = load("contact")
CONNECTIONS = 32
REQUESTS = 6000
BODY = {"source": "bench", "channel": "web"}


async def http_command(at: Place) -> list[Figure]:
    """Measure `PUT /v1/customers/{id}` beside `PUT /rows/{id}`."""
    url = await at.database(CONTACT)
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE TABLE bare (id uuid PRIMARY KEY, source text NOT NULL, channel text NOT NULL)")
    await connection.close()
    token = development_token(at.settings, ["contact:write"], subject="bench")
    port, bare_port = free_ports(2)
    processes = [_contact(at, url, port), _bare(url, bare_port)]
    try:
        await ready(f"http://127.0.0.1:{port}/readyz")
        await ready(f"http://127.0.0.1:{bare_port}/openapi.json")
        numbers = count()
        command = _requests("/v1/customers/", token)
        plain = _requests("/rows/", token)
        for one, at_port in ((command, port), (plain, bare_port)):
            await requests_per_second(at_port, one, numbers, connections=CONNECTIONS, count=1000)
        return [
            await measured(
                "http_command",
                "requests/s",
                lambda: requests_per_second(port, command, numbers, connections=CONNECTIONS, count=REQUESTS),
                ">= 0.80 of the bare endpoint",
                "a bare FastAPI + asyncpg one-insert endpoint",
                lambda: requests_per_second(bare_port, plain, numbers, connections=CONNECTIONS, count=REQUESTS),
            )
        ]
    finally:
        for process in processes:
            process.stop(10)


def _requests(path: str, token: str) -> Request:
    body = msgspec.json.encode(BODY)
    rest = (
        f" HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    ).encode() + body

    def request(number: int) -> bytes:
        return f"PUT {path}{UUID(int=number + 2**96)}".encode() + rest

    return request


def _contact(at: Place, url: str, port: int) -> Process:
    environment = {
        "CONTACT_DATABASE_URL": url,
        "KEYS_DATABASE_URL": at.keys,
        "CONTACT_PORT": str(port),
        "KAFKA_BOOTSTRAP_SERVERS": at.bootstrap_servers,
    }
    return start_detached([sys.executable, "-m", "rapport", "run", "contact", "--role", "api"], LOG, environment)


def _bare(url: str, port: int) -> Process:
    environment = {"BARE_DATABASE_URL": url, "BARE_PORT": str(port)}
    return start_detached([sys.executable, "-m", "bench.bare"], LOG, environment)


LOG = Path(os.devnull)


async def ready(url: str) -> None:
    """Wait until an address answers 200. TimeoutError: it didn't."""
    async with httpx.AsyncClient() as client:
        for _ in range(400):
            try:
                if (await client.get(url)).status_code == httpx.codes.OK:
                    return
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.05)
    raise TimeoutError(f"{url} didn't become ready")
