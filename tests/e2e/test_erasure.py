"""After an erasure nothing that anybody keeps shows the person: every raw file is searched, in every encoding."""

import asyncio
import io
import json
import os
import subprocess
import time
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from aiokafka import AIOKafkaProducer

from rapport.commands.opened import opened
from rapport.commands.token import ALL_SCOPES
from rapport.services import SERVICES
from shared.http.auth import development_token
from shared.settings import KernelSettings, read
from shared.stack.postgres_program import PROGRAMS

from .conftest import Deployment
from .searching import Search

PLAIN, SPECIAL, CONTROL = "Quillabamba77Xylophon", "Zwïebelfürst-Quasten7", "Kontrollw0rt-Habakuk"
SEARCH = Search(PLAIN, SPECIAL)
WORDS = f"{PLAIN} lives with {SPECIAL}"
EMAIL = {"type": "email", "value": f"{PLAIN}@example.org"}
PHONE = {"type": "loyalty-card", "value": SPECIAL}
DAY = "2026-01-05T09:30:00Z"
DATABASES = (*SERVICES, "keys")


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
        for _ in range(300):
            answer = await self.ask(*asked)
            if answer.status_code == 200 and found(answer.json()):
                return answer.json()
            await asyncio.sleep(0.05)
        raise AssertionError(f"{asked}: {answer.text}")

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


async def wait_for_all(doors: Doors, customer: str) -> None:
    """Wait until the timeline has what all services say, and the parked message is there."""
    seen = {"interaction-recorded": 3, "complaint-opened": 4, "points-spent": 1, "complaint-reopened": 1}

    def whole(page: Any) -> bool:
        types = [event["type"] for event in page["data"]]
        return all(types.count(name) >= count for name, count in seen.items())

    await doors.until(whole, "GET", "contact", f"/v1/customers/{customer}/timeline?page[size]=200")
    while not await fetch("contact", "SELECT count(*) FROM parked"):
        await asyncio.sleep(0.05)


async def fetch(database: str, query: str) -> Any:
    connection = await asyncpg.connect(os.environ[f"{database.upper()}_DATABASE_URL"])
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def flush_to_disk() -> None:
    """Let the server write all pages, and begin another file of its log."""
    await fetch("contact", "CHECKPOINT")
    await fetch("contact", "SELECT pg_switch_wal()")


def dump(deployment: Deployment) -> bytes:
    """Return a dump of every database, as anyone with access makes it."""
    urls = [os.environ[f"{name.upper()}_DATABASE_URL"] for name in DATABASES]
    return b"".join(subprocess.run([PROGRAMS / "pg_dump", url], check=True, capture_output=True).stdout for url in urls)


async def totals(doors: Doors, customer: str) -> Any:
    """Return the figures that an erasure must leave as they are."""
    shown = await doors.must(200, "GET", "contact", f"/v1/customers/{customer}")
    balance = await doors.must(200, "GET", "loyalty", f"/v1/members/{customer}/balance")
    tickets = await doors.must(200, "GET", "tickets", f"/v1/tickets?filter[customer_id]={customer}")
    return (
        *(shown[name] for name in ("purchases", "contacts", "points", "tickets")),
        balance,
        sorted((item["ticket_id"], item["status"]) for item in tickets["data"]),
    )


async def read_everything(doors: Doors, customer: str, ticket: str) -> None:
    """Ask whatever may be asked about the person, by every route."""
    for service, path in (
        ("contact", f"/v1/customers/{customer}"),
        ("contact", f"/v1/customers/{customer}/timeline?page[size]=200"),
        ("contact", f"/v1/customers/{customer}/export"),
        ("contact", f"/v1/customers/{customer}/erasure"),
        ("contact", "/v1/customers"),
        ("tickets", f"/v1/tickets/{ticket}"),
        ("tickets", f"/v1/tickets/{ticket}/history"),
        ("tickets", "/v1/tickets"),
        ("tickets", "/v1/queue"),
        ("loyalty", f"/v1/members/{customer}"),
        ("loyalty", f"/v1/members/{customer}/statement"),
        ("loyalty", f"/v1/members/{customer}/why/s-1"),
    ):
        await doors.ask("GET", service, path)


async def parked_messages() -> bytes:
    """Return all that `rapport parked show` has to show of every parked message."""
    said = b""
    async with opened("contact") as at:
        for row in await at.pool.fetch("SELECT id FROM parked"):
            shown = await at.parking_lot.show(row["id"])
            said += b"".join(value if isinstance(value, bytes) else str(value).encode() for value in shown.values())
    return said


async def erased(doors: Doors, customer: str) -> None:
    answer = await doors.ask("POST", "contact", f"/v1/customers/{customer}/erasure")
    assert answer.status_code == 202, answer.text
    await doors.until(lambda found: found["finished_at"], "GET", "contact", answer.headers["location"])


async def found_on_disk(home: Path, *, seconds: float = 20) -> list[str]:
    """Search every file until nothing is found any more, or the time is over: Kafka deletes a moment later."""
    deadline = time.monotonic() + seconds
    while (found := await asyncio.to_thread(SEARCH.in_files, home)) and time.monotonic() < deadline:
        await asyncio.sleep(0.5)
    return found


async def test_after_an_erasure_nothing_that_anybody_keeps_shows_the_person(deployment: Deployment) -> None:
    doors = Doors(deployment)
    home = deployment.stack.home
    customer, ticket = await plant(doors)
    await wait_for_all(doors, customer)
    await must_be_sealed_from_the_start(home, deployment)
    await must_be_readable(doors, customer, ticket)
    before = await totals(doors, customer)

    await erased(doors, customer)

    await flush_to_disk()
    assert await found_on_disk(home) == []
    doors.answers.clear()
    await read_everything(doors, customer, ticket)
    await replay(doors, customer)
    assert SEARCH.in_bytes(b"\n".join(doors.answers)) == []
    assert SEARCH.in_bytes(await parked_messages()) == []
    assert SEARCH.in_bytes(dump(deployment)) == []
    assert await totals(doors, customer) == before
    await must_be_over(doors, customer, ticket)
    await must_be_someone_new(doors, customer)
    await doors.close()


async def must_be_sealed_from_the_start(home: Path, deployment: Deployment) -> None:
    """No database ever held the words, and the search can find: in Kafka where they are, in a database where it may."""
    await fetch("contact", f"CREATE TABLE control AS SELECT '{CONTROL}' AS words")
    await flush_to_disk()
    assert SEARCH.in_files(home / "postgres") == []
    assert SEARCH.in_files(home / "logs") == []
    assert SEARCH.in_bytes(dump(deployment)) == []
    kafka = SEARCH.in_files(home / "kafka")
    assert any("touchpoints" in line for line in kafka)
    assert any("compressed" in line for line in kafka)
    assert all("touchpoints" in line for line in kafka)
    assert Search(CONTROL).in_files(home / "postgres")
    await fetch("contact", "DROP TABLE control")


async def must_be_readable(doors: Doors, customer: str, ticket: str) -> None:
    """While nobody is erased, everyone who may reads everything."""
    shown = await doors.must(200, "GET", "tickets", f"/v1/tickets/{ticket}")
    assert shown["summary"] == WORDS
    timeline = await doors.must(200, "GET", "contact", f"/v1/customers/{customer}/timeline?page[size]=200")
    assert json.dumps(timeline, ensure_ascii=False).count(WORDS) >= 8
    assert WORDS.encode() in await parked_messages()
    archive = await doors.ask("GET", "contact", f"/v1/customers/{customer}/export")
    with zipfile.ZipFile(io.BytesIO(archive.content)) as file:
        document = json.loads(file.read("customer.json"))
        page = file.read("customer.html").decode()
    assert {event["service"] for event in document["events"]} >= {"contact", "tickets", "loyalty"}
    assert json.dumps(document, ensure_ascii=False).count(WORDS) >= 9
    assert WORDS in document["waiting_messages"][0]["content"]
    assert page.count(WORDS) >= 9


async def replay(doors: Doors, customer: str) -> None:
    """Send again what was answered under a key: the same answer, without the words."""
    spend = {"spend_id": "s-1", "points": 20, "reason": WORDS}
    answer = await doors.ask(
        "POST", "loyalty", f"/v1/members/{customer}/spends", spend, **{"Idempotency-Key": "k-spend"}
    )
    assert answer.headers["idempotency-replayed"] == "true"
    assert "[erased]" in answer.text
    draft = {"customer_id": customer, "summary": WORDS}
    answer = await doors.ask("POST", "tickets", "/v1/tickets", draft, **{"Idempotency-Key": "k-ticket"})
    assert answer.json()["summary"] == "[erased]"


async def must_be_over(doors: Doors, customer: str, ticket: str) -> None:
    """Whatever is asked of someone erased is a clear problem, and leaves nothing behind."""
    for status, method, service, path, body in (
        (409, "POST", "contact", f"/v1/customers/{customer}/erasure", None),
        (409, "GET", "contact", f"/v1/customers/{customer}/export", None),
        (409, "POST", "contact", f"/v1/customers/{customer}/identifiers", EMAIL),
        (409, "PUT", "contact", f"/v1/customers/{customer}", {"source": "crm", "channel": "web"}),
        (
            409,
            "POST",
            "contact",
            "/v1/touchpoints",
            {**interaction("late"), "customer_id": customer, "identifiers": []},
        ),
        (409, "POST", "tickets", "/v1/tickets", {"customer_id": customer, "summary": "again"}),
        (409, "POST", "tickets", f"/v1/tickets/{ticket}/promises", {"content": "x", "due_at": "2030-01-01T00:00:00Z"}),
        (409, "POST", "loyalty", f"/v1/members/{customer}/spends", {"spend_id": "s2", "points": 1, "reason": "x"}),
        (404, "POST", "contact", "/v1/customers/00000000-0000-4000-8000-000000000000/erasure", None),
        (404, "GET", "contact", "/v1/customers/00000000-0000-4000-8000-000000000000/erasure", None),
    ):
        answer = await doors.ask(method, service, path, body)
        assert answer.status_code == status, (path, answer.text)
        if status == 409:
            assert answer.json()["type"] == "/problems/customer-erased", (path, answer.text)


async def must_be_someone_new(doors: Doors, customer: str) -> None:
    """Who comes back with the old e-mail address is a new customer."""
    again = await doors.must(201, "POST", "contact", "/v1/touchpoints", interaction("back"))
    assert again["customer_id"] != customer
