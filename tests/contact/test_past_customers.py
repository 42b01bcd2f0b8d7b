"""A customer as of a moment, and as known at one: the 360, the timeline, and who an identifier belonged to."""

import json
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import HealthCheck
from hypothesis import given as for_all
from hypothesis import settings as with_settings
from hypothesis import strategies as st

from services.contact.adapters.history import customer_at
from services.contact.views.customers import CUSTOMERS, CustomerRow
from shared.merging import Group
from shared.store.contract import Moment, Recorded
from tests.contact.served import NOW, Served, arrived, bearer, served

CUSTOMER = UUID(int=7)
DAY = timedelta(days=1)
T0 = NOW - 100 * DAY


@pytest.fixture
async def contact(database: str) -> AsyncIterator[Served]:
    async with served(database) as made:
        yield made


def at(day: float) -> datetime:
    return T0 + day * DAY


def purchase(customer: UUID, amount: str, occurred: float, recorded: float) -> Recorded:
    fields = {"customer_id": str(customer), "source": "shop", "order_id": str(uuid4()), "amount": amount}
    data = json.dumps({**fields, "currency": "EUR", "items": 1, "channel": "web"}).encode()
    return arrived("contact", "purchase-recorded.v1", data, customer, at(occurred), at(recorded))


def refund(customer: UUID, amount: str, occurred: float, recorded: float) -> Recorded:
    fields = {"customer_id": str(customer), "source": "shop", "order_id": "1", "refund_id": "r", "amount": amount}
    data = json.dumps({**fields, "currency": "EUR", "net_before": "0", "net_after": "0"}).encode()
    return arrived("contact", "purchase-refunded.v1", data, customer, at(occurred), at(recorded))


def earned(customer: UUID, points: int, occurred: float, recorded: float) -> Recorded:
    data = json.dumps({"customer_id": str(customer), "points": points, "balance_after": points}).encode()
    return arrived("loyalty", "points-earned.v1", data, customer, at(occurred), at(recorded))


def opened(customer: UUID, ticket: int, occurred: float, recorded: float) -> Recorded:
    fields = {"ticket_id": str(UUID(int=ticket)), "customer_id": str(customer), "acknowledge_by": at(9).isoformat()}
    data = json.dumps(fields).encode()
    return arrived("tickets", "complaint-opened.v1", data, customer, at(occurred), at(recorded))


def resolved(customer: UUID, ticket: int, occurred: float, recorded: float) -> Recorded:
    data = json.dumps({"ticket_id": str(UUID(int=ticket)), "customer_id": str(customer)}).encode()
    return arrived("tickets", "complaint-resolved.v1", data, customer, at(occurred), at(recorded))


DAYS = st.integers(min_value=0, max_value=12)
MAKERS = (
    lambda number, *times: purchase(CUSTOMER, f"{number}.50", *times),
    lambda number, *times: refund(CUSTOMER, f"{number}.25", *times),
    lambda number, *times: earned(CUSTOMER, number, *times),
    lambda number, *times: opened(CUSTOMER, number % 3, *times),
    lambda number, *times: resolved(CUSTOMER, number % 3, *times),
)
FACTS = st.lists(st.tuples(st.sampled_from(range(len(MAKERS))), st.integers(1, 9), DAYS, DAYS), max_size=25)
TIMES = st.one_of(st.none(), DAYS)


def history_of(facts: Sequence[tuple[int, int, int, int]]) -> list[Recorded]:
    """Return late and timely facts in the order in which they were recorded."""
    timely = [(kind, number, day, day + late) for kind, number, day, late in facts]
    return [MAKERS[kind](number, day, told) for kind, number, day, told in sorted(timely, key=lambda fact: fact[3])]


def fresh_fold(events: Sequence[Recorded]) -> CustomerRow | None:
    known = {catalogue.service: catalogue for catalogue in CUSTOMERS.reads}
    row = None
    for event in events:
        if known[event.service].knows(event.type):
            row = CUSTOMERS.project(row, event)
    return row


@with_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@for_all(facts=FACTS, as_of=TIMES, known_at=TIMES)
async def test_the_answer_equals_a_fresh_fold_of_exactly_the_events_that_count(
    contact: Served, facts: list[tuple[int, int, int, int]], as_of: int | None, known_at: int | None
) -> None:
    await contact.pool.execute("TRUNCATE timeline_v2, customers_v2")
    events = history_of(facts)
    await contact.arrive(events)
    moment = Moment(None if as_of is None else at(as_of), None if known_at is None else at(known_at))
    expected = fresh_fold([event for event in events if moment.covers(event)])
    alone = Group(str(CUSTOMER), (str(CUSTOMER),))
    assert await customer_at(contact.pool, alone, moment) == expected
    query = {name: time.isoformat() for name, time in msgspec.structs.asdict(moment).items() if time}
    listed = await contact.client.get(f"/v1/customers/{CUSTOMER}/timeline?page[size]=200", params=query)
    counted = {event.id for event in events if moment.covers(event)}
    if moment.past and not counted:
        assert listed.status_code == 404
    else:
        assert {item["event_id"] for item in listed.json()["data"]} == counted


async def ask(contact: Served, path: str, **times: float) -> Any:
    query = {name: at(day).isoformat() for name, day in times.items()}
    return await contact.client.get(f"/v1/customers/{path}", params=query)


async def test_late_and_corrected_facts_give_four_different_answers(contact: Served) -> None:
    customer = uuid4()
    await contact.arrive(
        [
            purchase(customer, "10.00", 1, 1),
            purchase(customer, "20.00", 2, 6),  # late: told four days after it happened
            refund(customer, "5.00", 5, 5),
            purchase(customer, "40.00", 7, 7),
        ]
    )
    revenue = {}
    for name, times in {"now": {}, "as_of": {"as_of": 3}, "known_at": {"known_at": 5}, "both": BOTH}.items():
        answer = (await ask(contact, str(customer), **times)).json()
        revenue[name] = answer["purchases"]["revenue"]["EUR"]
    assert revenue == {"now": "65.00", "as_of": "30.00", "known_at": "5.00", "both": "10.00"}


BOTH = {"as_of": 3, "known_at": 5}


async def test_what_is_answered_about_the_past_pages_and_filters_like_the_present(contact: Served) -> None:
    customer = uuid4()
    await contact.arrive([purchase(customer, "1.00", day, day) for day in range(10)])
    query = {"as_of": at(6).isoformat(), "page[size]": "3", "filter[service]": "contact"}
    page = (await contact.client.get(f"/v1/customers/{customer}/timeline", params=query)).json()
    days = [item["occurred_at"][:10] for item in page["data"]]
    page = (await contact.client.get(page["links"]["next"])).json()
    days += [item["occurred_at"][:10] for item in page["data"]]
    assert days == [at(day).date().isoformat() for day in (6, 5, 4, 3, 2, 1)]


async def test_an_identifier_is_found_from_when_it_was_claimed(contact: Served) -> None:
    customer, draft = uuid4(), {"type": "shop-customer", "value": "4711"}
    await contact.client.put(f"/v1/customers/{customer}", json={"source": "branch", "channel": "web"})
    claimed = await contact.client.post(f"/v1/customers/{customer}/identifiers", json=draft)
    assert claimed.status_code == 201
    contact.now = NOW + DAY
    for name in ("as_of", "known_at"):
        found = await contact.client.post("/v1/customers:lookup", json=draft, params={name: NOW.isoformat()})
        assert found.json() == {"customer_id": str(customer)}
        before = {name: (NOW - DAY).isoformat()}
        missing = await contact.client.post("/v1/customers:lookup", json=draft, params=before)
        assert (missing.status_code, missing.json()["type"]) == (404, "/problems/unknown-then")


async def test_before_the_first_event_nothing_is_known_and_nobody_is_invented(contact: Served) -> None:
    customer = uuid4()
    await contact.arrive([purchase(customer, "10.00", 5, 5)])
    for path in (f"{customer}", f"{customer}/timeline"):
        for name in ("as_of", "known_at"):
            early = await ask(contact, path, **{name: 4.0})
            assert (early.status_code, early.json()["type"]) == (404, "/problems/unknown-then"), path
        nobody = await ask(contact, path.replace(str(customer), str(uuid4())), as_of=4.0)
        assert (nobody.status_code, nobody.json()["type"]) == (404, "/problems/customer-unknown"), path


BAD_TIMES = ["yesterday", "2026-01-05", "2026-01-05T09:30:00", "2199-01-05T09:30:00Z", "", "0001-01-01T00:00:00+12:00"]


@pytest.mark.parametrize("name", ["as_of", "known_at"])
@pytest.mark.parametrize("time", BAD_TIMES)
async def test_what_is_no_time_has_no_zone_or_lies_ahead_is_refused_by_each_route(
    contact: Served, name: str, time: str
) -> None:
    draft = {"type": "shop-customer", "value": "4711"}
    answers = [
        await contact.client.get(f"/v1/customers/{uuid4()}", params={name: time}),
        await contact.client.get(f"/v1/customers/{uuid4()}/timeline", params={name: time}),
        await contact.client.post("/v1/customers:lookup", json=draft, params={name: time}),
    ]
    for answer in answers:
        assert answer.status_code == 422
        assert [item["field"] for item in answer.json()["errors"]] == [name]


async def test_the_documentation_of_each_detail_read_shows_both_times(contact: Served) -> None:
    paths = contact.app.openapi()["paths"]
    for path, method in (
        ("/v1/customers/{customer_id}", "get"),
        ("/v1/customers/{customer_id}/timeline", "get"),
        ("/v1/customers:lookup", "post"),
    ):
        assert {"as_of", "known_at"} <= {item["name"] for item in paths[path][method]["parameters"]}


async def test_an_answer_about_the_past_has_no_etag(contact: Served) -> None:
    customer = uuid4()
    await contact.arrive([purchase(customer, "10.00", 1, 1)])
    assert "etag" not in (await ask(contact, str(customer), as_of=2)).headers


MERGED_AND_UNDONE = """
INSERT INTO merge_edge (merge_id, child, parent, occurred_at, recorded_at, undone_occurred_at, undone_recorded_at)
VALUES ('m', $1, $2, $3, $3, $4, $4)
"""


async def test_while_a_merge_counted_both_are_shown_as_one_but_not_to_a_customer_who_is_another_today(
    contact: Served,
) -> None:
    anna, anne = uuid4(), uuid4()
    await contact.arrive([purchase(anna, "10.00", 1, 1), purchase(anne, "5.00", 2, 2)])
    await contact.pool.execute(MERGED_AND_UNDONE, str(anne), str(anna), at(3), at(6))

    async def seen(path: str, day: float, headers: dict[str, str]) -> Any:
        query = {"as_of": at(day).isoformat()}
        return (await contact.client.get(f"/v1/customers/{path}", params=query, headers=headers)).json()

    agent, herself = bearer(), bearer(anne)
    revenue = {day: (await seen(str(anne), day, agent))["purchases"]["revenue"]["EUR"] for day in (2.5, 4, 7)}
    assert revenue == {2.5: "5.00", 4: "15.00", 7: "5.00"}
    assert (await seen(str(anne), 4, agent))["customer_id"] == str(anna)
    own = await seen(str(anne), 4, herself)
    assert (own["customer_id"], own["purchases"]["revenue"]["EUR"], own["merged"]) == (str(anne), "5.00", [])
    assert len((await seen(f"{anne}/timeline", 4, agent))["data"]) == 2
    assert len((await seen(f"{anne}/timeline", 4, herself))["data"]) == 1
