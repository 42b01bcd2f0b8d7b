"""After an erasure nothing that anybody keeps shows the person: every raw file is searched, in every encoding."""

import asyncio
import io
import json
import os
import subprocess
import time
import zipfile
from pathlib import Path
from typing import Any

import asyncpg

from rapport.commands.opened import opened
from rapport.services import SERVICES
from shared.stack.postgres_program import PROGRAMS

from .conftest import Deployment
from .doors import EMAIL, PLAIN, SPECIAL, WORDS, Doors, interaction, plant
from .searching import Search

CONTROL = "Kontrollw0rt-Habakuk"
SEARCH = Search(PLAIN, SPECIAL)
DATABASES = (*SERVICES, "keys")


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
