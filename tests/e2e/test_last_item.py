"""The last items of a reward, wanted by many at once at two API processes: as many get one as there are."""

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import httpx
import pytest

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

MEMBERS = [UUID(int=100 + number) for number in range(20)]
OFFER = {"kind": "goods", "titles": {"en": "A mug"}, "price": 100, "supply": "counted"}
SENT = {**OFFER, "fulfilment": "external", "fulfil_within_hours": 1}


class Doors(NamedTuple):
    """Clients of the two processes, and the processes."""

    clients: list[httpx.AsyncClient]
    processes: list[Process]

    async def must(self, method: str, path: str, **body: object) -> None:
        answer = await self.clients[0].request(method, f"/v1/{path}", json=body)
        assert answer.is_success, answer.text

    async def redeem(self, number: int, door: int, redemption: int) -> httpx.Response:
        wanted = {"reward_id": "mug", "redemption_id": str(UUID(int=redemption))}
        return await self.clients[door].post(f"/v1/members/{MEMBERS[number]}/redemptions", json=wanted)


@pytest.fixture
async def doors(postgres: Postgres, tmp_path: Path) -> AsyncIterator[Doors]:
    async with fresh_database(postgres) as url, fresh_database(postgres) as keys:
        await migrate(SERVICE, url)
        await migrate_keys(keys)
        ports = free_ports(2)
        processes = [_started(port, url, keys, tmp_path) for port in ports]
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


def codes(answers: list[httpx.Response]) -> Counter[str]:
    return Counter(answer.json().get("type", "redeemed").rpartition("/")[2] for answer in answers)


@pytest.mark.parametrize(("offer", "stock"), [(OFFER, 1), (SENT, 3)])
async def test_as_many_of_twenty_get_one_as_there_are_and_only_they_pay(
    doors: Doors, offer: dict[str, object], stock: int
) -> None:
    await doors.must("PUT", "rewards/mug", **offer)
    await doors.must("POST", "rewards/mug/stock", addition_id="a1", quantity=stock)
    for member in MEMBERS:
        await doors.must("POST", f"members/{member}/earnings", source="shop", order_id="1", net="100", currency="EUR")
    answers = await asyncio.gather(*(doors.redeem(place, place % 2, place + 1) for place in range(20)))
    assert codes(answers) == {"redeemed": stock, "reward-out-of-stock": 20 - stock}
    left = [(await client.get("/v1/rewards/mug")).json()["stock"] for client in doors.clients]
    balances = [(await doors.clients[0].get(f"/v1/members/{member}/balance")).json()["balance"] for member in MEMBERS]
    assert (left, Counter(balances)) == ([0, 0], {0: stock, 100: 20 - stock})


async def test_one_redemption_asked_for_twenty_times_at_both_doors_counts_once(doors: Doors) -> None:
    await doors.must("PUT", "rewards/mug", **OFFER)
    await doors.must("POST", "rewards/mug/stock", addition_id="a1", quantity=20)
    await doors.must("POST", f"members/{MEMBERS[0]}/earnings", source="shop", order_id="1", net="5000", currency="EUR")
    answers = await asyncio.gather(*(doors.redeem(0, place % 2, 1) for place in range(20)))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 19}
    assert (await doors.clients[1].get("/v1/rewards/mug")).json()["stock"] == 19
    assert (await doors.clients[1].get(f"/v1/members/{MEMBERS[0]}/balance")).json()["balance"] == 4900
