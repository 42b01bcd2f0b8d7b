"""An HTTP command to a durable event, beside a bare endpoint with one insert: real processes, real sockets."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import count
from typing import NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from bench.figures import Figure, Found, measured
from bench.latency import percentiles
from bench.load import Request, latencies_at, requests_per_second
from bench.place import CONTACT, Place
from bench.served import LOG, ready
from shared.http.auth import development_token
from shared.stack.ports import free_ports
from shared.stack.processes import Process, start_detached

CONNECTIONS = 32
REQUESTS = 6000
WARM_UP = 1000
SECONDS = 8
"""Of the open loop: long enough for a p99 of ten thousand requests."""

SHARE = 0.5
"""Of the measured rate, in the open loop."""

BODY = {"source": "bench", "channel": "web"}


class Endpoint(NamedTuple):
    """A process that answers one kind of request."""

    process: Process
    port: int
    request: Request


async def http_command(at: Place) -> list[Figure]:
    """Measure `PUT /v1/customers/{id}` beside `PUT /rows/{id}`: as fast as it goes, then at half of that rate."""
    numbers = count()
    async with _both(at) as (ours, bare):
        for one in (ours, bare):
            await _rate(at, "", one, numbers, WARM_UP)
        fastest = await measured(
            "http_command",
            "requests/s",
            lambda: _rate(at, "http_command", ours, numbers, REQUESTS),
            ">= 0.80 of the bare endpoint",
            "a bare FastAPI + asyncpg one-insert endpoint",
            lambda: _rate(at, "", bare, numbers, REQUESTS),
        )
        rate = SHARE * fastest.value
        latency = await measured(
            "http_command_p99",
            "ms",
            lambda: _p99(ours, numbers, rate),
            f"< 10, open loop at {SHARE:.0%} of the rate",
            f"the bare endpoint at the same {rate:,.0f} requests/s",
            lambda: _p99(bare, numbers, rate),
        )
        return [fastest, latency]


async def _rate(at: Place, name: str, one: Endpoint, numbers: Iterator[int], requests: int) -> Found:
    with at.span(name, [one.process.pid]) as span:
        rate = await requests_per_second([one.port], one.request, numbers, connections=CONNECTIONS, count=requests)
    return Found(rate, span.each(requests))


async def _p99(one: Endpoint, numbers: Iterator[int], rate: float) -> Found:
    took = await latencies_at(one.port, one.request, numbers, rate=rate, seconds=SECONDS, connections=4 * CONNECTIONS)
    found = percentiles(took)
    return Found(found.p99, {**msgspec.structs.asdict(found), "rate": round(rate)})


@asynccontextmanager
async def _both(at: Place) -> AsyncIterator[tuple[Endpoint, Endpoint]]:
    url = await at.database(CONTACT)
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE TABLE bare (id uuid PRIMARY KEY, source text NOT NULL, channel text NOT NULL)")
    await connection.close()
    token = development_token(at.settings, ["contact:write"], subject="bench")
    port, bare_port = free_ports(2)
    endpoints = (
        Endpoint(_contact(at, url, port), port, put("/v1/customers/", token)),
        Endpoint(bare(url, bare_port), bare_port, put("/rows/", token)),
    )
    try:
        await asyncio.gather(
            ready(f"http://127.0.0.1:{port}/readyz"), ready(f"http://127.0.0.1:{bare_port}/openapi.json")
        )
        yield endpoints
    finally:
        for one in endpoints:
            one.process.stop(10)


def put(path: str, token: str) -> Request:
    """Return how to ask for a fresh number's row or customer under `path`."""
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


def bare(url: str, port: int) -> Process:
    """Start the bare endpoint over a database that has its table."""
    environment = {"BARE_DATABASE_URL": url, "BARE_PORT": str(port)}
    return start_detached([sys.executable, "-m", "bench.bare"], LOG, environment)
