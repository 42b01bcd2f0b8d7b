"""Redemptions over HTTP on one process, beside a bare endpoint with one insert: of one reward, which all want."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import count
from uuid import UUID

import asyncpg
import httpx
import msgspec

from bench.figures import Figure, Found, measured
from bench.http_command import CONNECTIONS, Endpoint, bare, put
from bench.load import Request, requests_per_second
from bench.place import LOYALTY, Place
from bench.served import LOG, ready
from shared.http.auth import development_token
from shared.migrations import migrate_keys
from shared.stack.ports import free_ports
from shared.stack.processes import Process, start_detached

MEMBERS = 500
"""Who redeem in turn, each with points for all that comes."""

REQUESTS = 4000
WARM_UP = 1000
POINTS = "100000000"
"""What each of them earns first."""

REWARD = "mug"
OFFER = {"kind": "goods", "titles": {"en": "A mug"}, "price": 100, "supply": "counted"}
"""Counted, so that all of them change the stock of one reward."""


async def loyalty_redeem(at: Place) -> list[Figure]:
    """Measure `POST /v1/members/{id}/redemptions` of one reward by many members, beside `PUT /rows/{id}`."""
    numbers = count()
    async with _both(at) as (ours, bare_one):
        for one in (ours, bare_one):
            await _rate(at, "", one, numbers, WARM_UP)
        return [
            await measured(
                "loyalty_redeem",
                "redemptions/s",
                lambda: _rate(at, "loyalty_redeem", ours, numbers, REQUESTS),
                ">= 1,500, or 0.60 of the bare endpoint",
                "a bare FastAPI + asyncpg one-insert endpoint",
                lambda: _rate(at, "", bare_one, numbers, REQUESTS),
            )
        ]


async def _rate(at: Place, name: str, one: Endpoint, numbers: Iterator[int], requests: int) -> Found:
    with at.span(name, [one.process.pid]) as span:
        rate = await requests_per_second([one.port], one.request, numbers, connections=CONNECTIONS, count=requests)
    return Found(rate, span.each(requests))


@asynccontextmanager
async def _both(at: Place) -> AsyncIterator[tuple[Endpoint, Endpoint]]:
    url = await at.database(LOYALTY)
    await migrate_keys(at.keys)
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE TABLE bare (id uuid PRIMARY KEY, source text NOT NULL, channel text NOT NULL)")
    await connection.close()
    token = development_token(at.settings, ["loyalty:write"], subject="bench")
    port, bare_port = free_ports(2)
    endpoints = (
        Endpoint(_loyalty(at, url, port), port, _redeem(token)),
        Endpoint(bare(url, bare_port), bare_port, put("/rows/", token)),
    )
    try:
        await asyncio.gather(
            ready(f"http://127.0.0.1:{port}/readyz"), ready(f"http://127.0.0.1:{bare_port}/openapi.json")
        )
        await _begin(port, token)
        yield endpoints
    finally:
        for one in endpoints:
            one.process.stop(10)


async def _begin(port: int, token: str) -> None:
    """Publish the reward, put more of it on the shelf than will be redeemed, and give everyone points."""
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60) as client:
        stock = {"addition_id": "all", "quantity": 10**9}
        (await client.put(f"/v1/rewards/{REWARD}", json=OFFER)).raise_for_status()
        (await client.post(f"/v1/rewards/{REWARD}/stock", json=stock)).raise_for_status()
        order = {"source": "bench", "order_id": "1", "net": POINTS, "currency": "EUR"}
        for number in range(MEMBERS):
            (await client.post(f"/v1/members/{_member(number)}/earnings", json=order)).raise_for_status()


def _member(number: int) -> UUID:
    return UUID(int=2**96 + number % MEMBERS)


def _redeem(token: str) -> Request:
    """Return how to redeem once more, each time by the next member."""
    head = f" HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n"

    def request(number: int) -> bytes:
        body = msgspec.json.encode({"reward_id": REWARD, "redemption_id": UUID(int=2**97 + number)})
        path = f"POST /v1/members/{_member(number)}/redemptions"
        return f"{path}{head}content-length: {len(body)}\r\n\r\n".encode() + body

    return request


def _loyalty(at: Place, url: str, port: int) -> Process:
    environment = {
        "LOYALTY_DATABASE_URL": url,
        "KEYS_DATABASE_URL": at.keys,
        "LOYALTY_PORT": str(port),
        "KAFKA_BOOTSTRAP_SERVERS": at.bootstrap_servers,
    }
    return start_detached([sys.executable, "-m", "rapport", "run", "loyalty", "--role", "api"], LOG, environment)
