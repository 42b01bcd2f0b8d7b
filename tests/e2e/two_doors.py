"""Two API processes of loyalty over one database, and clients of both: as many at once as a test likes."""

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import httpx

from services.loyalty.service import SERVICE
from shared.http.auth import development_token
from shared.migrations import migrate, migrate_keys
from shared.settings import KernelSettings
from shared.stack.ports import free_ports
from shared.stack.postgres import Postgres
from shared.stack.processes import Process, start_detached, stop_all
from shared.testing.stack import fresh_database

NOWHERE = "127.0.0.1:1"
"""Commands need no broker."""


class Doors(NamedTuple):
    """Clients of the two processes, and the processes."""

    clients: list[httpx.AsyncClient]
    processes: list[Process]

    async def must(self, method: str, path: str, **body: object) -> None:
        answer = await self.clients[0].request(method, f"/v1/{path}", json=body)
        assert answer.is_success, answer.text

    async def earn(self, member: UUID, points: int) -> None:
        order = {"source": "shop", "order_id": "1", "net": str(points), "currency": "EUR"}
        await self.must("POST", f"members/{member}/earnings", **order)

    async def redeem(self, member: UUID, door: int, redemption: int) -> httpx.Response:
        wanted = {"reward_id": "mug", "redemption_id": str(UUID(int=redemption))}
        return await self.clients[door].post(f"/v1/members/{member}/redemptions", json=wanted)

    async def at_once(self, *wanted: tuple[str, dict[str, Any]]) -> Sequence[httpx.Response]:
        """Post all of it (path, body) at the same time, every other one at the other door."""
        return await asyncio.gather(
            *(self.clients[place % 2].post(f"/v1/{path}", json=body) for place, (path, body) in enumerate(wanted))
        )

    async def balance(self, member: UUID, door: int = 1) -> dict[str, Any]:
        found: dict[str, Any] = (await self.clients[door].get(f"/v1/members/{member}/balance")).json()
        return found


@asynccontextmanager
async def two_doors(postgres: Postgres, folder: Path) -> AsyncIterator[Doors]:
    async with fresh_database(postgres) as url, fresh_database(postgres) as keys:
        await migrate(SERVICE, url)
        await migrate_keys(keys)
        ports = free_ports(2)
        processes = [_started(port, url, keys, folder) for port in ports]
        settings = KernelSettings(kafka_bootstrap_servers=NOWHERE)
        token = development_token(settings, ["loyalty:read", "loyalty:write"], subject="tester")
        headers = {"Authorization": f"Bearer {token}"}
        clients = [
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60) for port in ports
        ]
        try:
            await asyncio.gather(*map(_ready, clients))
            yield Doors(clients, processes)
        finally:
            for client in clients:
                await client.aclose()
            stop_all(processes, 10)


def _started(port: int, url: str, keys: str, folder: Path) -> Process:
    environment = {
        "LOYALTY_DATABASE_URL": url,
        "KEYS_DATABASE_URL": keys,
        "LOYALTY_PORT": str(port),
        "KAFKA_BOOTSTRAP_SERVERS": NOWHERE,
    }
    command = [sys.executable, "-m", "rapport", "run", "loyalty", "--role", "api"]
    return start_detached(command, folder / f"{port}.log", environment)


async def _ready(client: httpx.AsyncClient) -> None:
    for _ in range(600):
        try:
            if (await client.get("/openapi.json")).is_success:
                return
        except httpx.TransportError:
            pass
        await asyncio.sleep(0.1)
    raise TimeoutError


def codes(answers: Sequence[httpx.Response]) -> Counter[str]:
    """Return how often each was answered: `done` or `again`, or the code of a problem."""
    done = {201: "done", 200: "again"}
    return Counter(done.get(answer.status_code) or answer.json()["type"].rpartition("/")[2] for answer in answers)
