"""A customer's timeline as a feed: of all services, only about them, resumable also behind a rebuilt view."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from services.contact.adapters import timeline_feed
from shared.store.contract import Recorded
from tests.contact.served import NOW, Served, arrived, bearer, served
from tests.feeds.listening import listening, serving


class Contact:
    """Contact served on a real socket."""

    def __init__(self, made: Served, url: str) -> None:
        self.made = made
        self.pool = made.pool
        self.url = url

    def path(self, customer: UUID) -> str:
        return f"{self.url}/v1/customers/{customer}/timeline/feed"

    def listen(self, customer: UUID, last: str | None = None, *, by: UUID | None = None) -> Any:
        return listening(self.path(customer), bearer(by), last)

    async def arrive(self, *events: Recorded) -> list[str]:
        await self.made.arrive(events)
        return [event.id for event in events]


@pytest.fixture
async def contact(database: str) -> AsyncIterator[Contact]:
    async with served(database) as made, serving(made.app) as url:
        yield Contact(made, url)
        made.kit.feeds.close()


def fact(customer: UUID, service: str = "contact") -> Recorded:
    own = {"customer_id": str(customer), "source": "shop", "order_id": str(uuid4()), "amount": "1.00"}
    data = {
        "contact": ("purchase-recorded.v1", {**own, "currency": "EUR", "items": 1, "channel": "web"}),
        "loyalty": ("points-earned.v1", {"customer_id": str(customer), "points": 1, "balance_after": 1}),
        "tickets": ("promise-kept.v1", {"ticket_id": str(uuid4()), "customer_id": str(customer), "promise_id": "a"}),
    }[service]
    return arrived(service, data[0], json.dumps(data[1]).encode(), customer, NOW, NOW)


UNDONE = """
INSERT INTO timeline_v2
SELECT 'customer@9', customer_id, occurred_at, recorded_at, service, 'merge-undone', '{}', 1, partition, 1000000
FROM timeline_v2 WHERE event_id = $1
"""
SERVICES = ("contact", "loyalty", "tickets")


async def test_a_listener_hears_of_its_customer_by_every_service_and_of_nobody_else(contact: Contact) -> None:
    anna, other = uuid4(), uuid4()
    await contact.arrive(fact(anna), fact(other))
    async with contact.listen(anna) as heard, contact.listen(other) as another_s:
        mine = await contact.arrive(*(fact(anna, service) for service in SERVICES))
        others = await contact.arrive(fact(other))
        mine += await contact.arrive(fact(anna))
        assert sorted(await heard.hear(4)) == sorted(mine)
        assert await another_s.hear(1) == others
    event = heard.events[0]
    assert {item["service"] for item in heard.events} == set(SERVICES)
    assert event["subject"] == str(anna)
    assert event["data"]["customer_id"] == str(anna)


async def test_a_feed_resumes_behind_any_event_also_of_a_rebuilt_view(contact: Contact) -> None:
    anna = uuid4()
    events = [fact(anna, SERVICES[number % 3]) for number in range(12)]
    for event in events:
        await contact.arrive(event, fact(uuid4()))
    async with contact.listen(anna, "0") as heard:
        everything = await heard.hear(12)
    assert sorted(everything) == sorted(event.id for event in events)
    rows = await contact.pool.fetch("SELECT * FROM timeline_v2 ORDER BY random()")
    await contact.pool.execute("TRUNCATE timeline_v2")
    async with contact.pool.acquire() as connection:
        await connection.copy_records_to_table("timeline_v2", records=[tuple(row) for row in rows])
    for cut in range(12):
        async with contact.listen(anna, heard.ids[cut]) as resumed:
            assert await resumed.hear(11 - cut) == everything[cut + 1 :]


async def test_a_long_history_is_read_in_pages_by_the_customer_or_by_the_numbers(
    contact: Contact, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timeline_feed, "PAGE", 7)
    anna = uuid4()
    names = await contact.arrive(*(fact(anna, SERVICES[number % 3]) for number in range(60)))
    await contact.arrive(*(fact(uuid4()) for _ in range(40)))
    for short in (0, 10**9):
        monkeypatch.setattr(timeline_feed, "SHORT", short)
        async with contact.listen(anna, "0") as heard:
            assert sorted(await heard.hear(60)) == sorted(names)


async def test_under_concurrent_arrivals_and_breaks_everything_comes_once(contact: Contact) -> None:
    anna = uuid4()
    told = set(await contact.arrive(fact(anna)))

    async def arriving() -> None:
        for _ in range(50):
            told.update((await contact.arrive(*(fact(anna, service) for service in SERVICES), fact(uuid4())))[:3])

    task = asyncio.create_task(arriving())
    names: list[str] = []
    last: str | None = "0"
    while len(names) < 151:
        async with contact.listen(anna, last) as part:
            names += await part.hear(min(17, 151 - len(names)), seconds=20)
            last = part.last_id
    await task
    assert len(set(names)) == len(names)
    assert set(names) == told


async def test_the_feed_is_about_everyone_of_the_group_and_ends_when_the_group_changes(contact: Contact) -> None:
    anna, anne = uuid4(), uuid4()
    await contact.arrive(fact(anna), fact(anne))
    await contact.pool.executemany(
        "INSERT INTO merged_subject (subject, root) VALUES ($1, $2)", [(str(one), str(anna)) for one in (anna, anne)]
    )
    async with contact.listen(anne) as heard:
        both = await contact.arrive(fact(anna), fact(anne))
        assert sorted(await heard.hear(2)) == sorted(both)
        number = 10**6
        await contact.pool.execute(
            "INSERT INTO timeline_v2 SELECT 'customer@9', customer_id, occurred_at, recorded_at, service,"
            " 'merge-undone', '{}', 1, partition, $2 FROM timeline_v2 WHERE event_id = $1",
            both[1],
            number,
        )
        await contact.pool.execute(
            "UPDATE consumer_position SET next_seq = $1 + 1 WHERE topic LIKE '%contact%'", number
        )
        contact.made.kit.wakeup.signal()
        assert (await heard.hear(3))[2] == "customer@9"
        await heard.end()


async def test_a_customer_s_own_token_hears_of_all_that_they_are_and_of_nobody_else(contact: Contact) -> None:
    anna, anne, other = uuid4(), uuid4(), uuid4()
    await contact.arrive(fact(anna), fact(anne), fact(other))
    await contact.pool.executemany(
        "INSERT INTO merged_subject (subject, root) VALUES ($1, $2)", [(str(one), str(anna)) for one in (anna, anne)]
    )
    async with contact.listen(anna, by=anna) as heard:
        own = await contact.arrive(fact(anne))
        await contact.arrive(fact(other))
        own += await contact.arrive(fact(anna))
        assert sorted(await heard.hear(2)) == sorted(own)  # no order holds between partitions
    async with httpx.AsyncClient() as client:
        answer = await client.get(contact.path(other), headers=bearer(anna))
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/customer-unknown")


async def test_nobody_can_be_followed_who_is_not_there(contact: Contact) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.get(contact.path(uuid4()), headers=bearer())
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/customer-unknown")
        anna = uuid4()
        await contact.arrive(fact(anna))
        for text in ("nonsense", "-", "99", "gQ"):
            bad = await client.get(contact.path(anna), headers={**bearer(), "Last-Event-ID": text})
            assert (bad.status_code, bad.json()["errors"][0]["field"]) == (422, "Last-Event-ID")
