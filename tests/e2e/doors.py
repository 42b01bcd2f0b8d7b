"""The doors through which a person comes into Rapport, and the words that they bring."""

import asyncio
import json
import os
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from aiokafka import AIOKafkaProducer

from rapport.commands.token import ALL_SCOPES
from shared.http.auth import development_token
from shared.settings import KernelSettings, read

from .conftest import Deployment

PLAIN, SPECIAL = "Quillabamba77Xylophon", "Zwïebelfürst-Quasten7"
WORDS = f"{PLAIN} lives with {SPECIAL}"
EMAIL = {"type": "email", "value": f"{PLAIN}@example.org"}
PHONE = {"type": "loyalty-card", "value": SPECIAL}
DAY = "2026-01-05T09:30:00Z"


class Doors:
    """Every way in and out, as anyone with a token uses it; every answer is kept, to be searched later."""

    def __init__(self, deployment: Deployment) -> None:
        token = development_token(read(KernelSettings), ALL_SCOPES, subject="tester")
        self._urls = {name: item.url for name, item in deployment.stack.state.services.items()}
        self._client = httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=30)
        self.answers: list[bytes] = []

    async def ask(self, method: str, service: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        url = self._urls[service] + path
        answer = (
            await self._client.request(method, url, json=body, headers=headers)
            if body is not None
            else (await self._client.request(method, url, headers=headers))
        )
        self.answers.append(answer.content + repr(answer.headers).encode())
        return answer

    async def must(self, status: int, *asked: Any, **headers: str) -> Any:
        answer = await self.ask(*asked, **headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def until(self, found: Any, *asked: Any) -> Any:
        """Ask until `found(body)` is true; lists follow the log by a moment."""
        said = ""
        for _ in range(600):
            answer = await self.ask(*asked)
            if answer.status_code == 200 and found(answer.json()):
                return answer.json()
            said = answer.text
            await asyncio.sleep(0.05)
        raise AssertionError(f"{asked}: {said}")

    async def close(self) -> None:
        await self._client.aclose()


def interaction(name: str, **more: Any) -> dict[str, Any]:
    said = {"direction": "inbound", "topic": "complaint", "summary": f"{name}: {WORDS}"}
    fact = {"kind": "interaction", "source": "crm", "id": name, "channel": "call", "occurred_at": DAY}
    return {**fact, "identifiers": [EMAIL], "interaction": said, **more}


async def send(*messages: bytes) -> None:
    """Publish as a channel would: compressed, under a key that is personal, with a header that is."""
    headers = [("ce_specversion", b"1.0"), ("ce_id", b"7"), ("ce_source", b"/crm"), ("ce_type", b"rapport.touchpoint")]
    headers.append(("note", WORDS.encode()))
    for compression in (None, "gzip"):
        producer = AIOKafkaProducer(
            bootstrap_servers=os.environ["KAFKA_BOOTSTRAP_SERVERS"], acks="all", compression_type=compression
        )
        await producer.start()
        for message in messages:
            await producer.send_and_wait(
                "rapport.touchpoints.v1", message, key=EMAIL["value"].encode(), headers=headers
            )
        await producer.stop()


async def plant(doors: Doors) -> tuple[str, str]:
    """Bring the person in by every door; return the customer's and the ticket's id."""
    key = {"Idempotency-Key": "k-touchpoint"}
    recorded = await doors.must(201, "POST", "contact", "/v1/touchpoints", interaction("http"), **key)
    customer = recorded["customer_id"]
    await doors.must(
        200, "POST", "contact", "/v1/touchpoints:batch", [interaction("batch", kind=WORDS), interaction("b2")]
    )
    await doors.must(201, "POST", "contact", f"/v1/customers/{customer}/identifiers", PHONE)
    bought = {"amount": "90.00", "currency": "EUR"}
    purchase = {
        "kind": "purchase",
        "source": "crm",
        "id": "p1",
        "channel": "web",
        "occurred_at": DAY,
        "identifiers": [PHONE],
    }
    await doors.must(201, "POST", "contact", "/v1/touchpoints", {**purchase, "purchase": bought})
    future = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    await send(
        json.dumps(interaction("kafka")).encode(),
        json.dumps(interaction("parked", occurred_at=future), ensure_ascii=False).encode(),
    )
    await doors.until(lambda found: found["balance"] == 90, "GET", "loyalty", f"/v1/members/{customer}/balance")
    spend = {"spend_id": "s-1", "points": 20, "reason": WORDS}
    await doors.must(201, "POST", "loyalty", f"/v1/members/{customer}/spends", spend, **{"Idempotency-Key": "k-spend"})
    return customer, await plant_ticket(doors, customer)


async def plant_ticket(doors: Doors, customer: str) -> str:
    """Let words stand in every text of a ticket."""
    draft = {"customer_id": customer, "summary": WORDS}
    ticket = (await doors.must(201, "POST", "tickets", "/v1/tickets", draft, **{"Idempotency-Key": "k-ticket"}))[
        "ticket_id"
    ]
    path = f"/v1/tickets/{ticket}"
    promise = {"promise_id": "call", "content": WORDS, "due_at": "2030-01-07T16:00:00Z"}
    await doors.must(201, "POST", "tickets", f"{path}/promises", promise)
    resolution = {"decision": "upheld", "explanation": WORDS, "redress": [{"kind": "replacement", "item": WORDS}]}
    await doors.must(200, "POST", "tickets", f"{path}/resolution", resolution, **{"If-Match": "*"})
    await doors.must(200, "POST", "tickets", f"{path}/reopening", {"reason": WORDS}, **{"If-Match": "*"})
    return str(ticket)
