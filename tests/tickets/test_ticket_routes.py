"""One ticket over HTTP: what is asked, what is answered, and what is kept."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.tickets.conftest import DRAFT, Api, bearer
from tests.tickets.ticket_facts import DAY, HOUR, T0

RESOLUTION = {
    "decision": "upheld",
    "explanation": "The carrier confirmed it.",
    "redress": [{"kind": "apology"}, {"kind": "refund", "amount": "11.77", "currency": "USD"}],
}


async def test_an_opened_ticket_tells_what_is_due_and_when(api: Api) -> None:
    answer = await api.client.post("/v1/tickets", json=DRAFT)
    ticket = answer.json()
    assert (answer.status_code, answer.headers["ETag"]) == (201, '"2"')
    assert answer.headers["Location"] == f"/v1/tickets/{ticket['ticket_id']}"
    assert (ticket["status"], ticket["status_category"]) == ("received", "open")
    assert [(item["what"], item["due_at"], item["overdue"]) for item in ticket["due"]] == [
        ("acknowledgement", "2026-01-06T09:30:00Z", False),
        ("promise", "2026-01-12T09:30:00Z", False),
    ]


async def test_a_put_opens_once_and_answers_200_when_it_is_repeated(api: Api) -> None:
    path = f"/v1/tickets/{uuid4()}"
    first = await api.client.put(path, json=DRAFT)
    api.now += HOUR
    again = await api.client.put(path, json=DRAFT)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()


async def test_a_put_of_another_complaint_under_a_known_id_is_refused(api: Api) -> None:
    path = f"/v1/tickets/{uuid4()}"
    await api.client.put(path, json=DRAFT)
    answer = await api.client.put(path, json={**DRAFT, "summary": "Something else."})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/ticket-differs")


async def test_deadlines_count_from_when_the_customer_complained(api: Api) -> None:
    ticket = await api.open(received_at="2026-01-01T09:30:00+00:00", severity="critical")
    read = (await api.client.get(f"/v1/tickets/{ticket}")).json()
    assert [item["overdue"] for item in read["due"]] == [True, True]
    opened = (await api.store.read(f"ticket-{ticket}"))[0]
    assert opened.occurred_at == T0 - 4 * DAY
    assert opened.recorded_at == T0


async def test_a_ticket_is_read_with_its_version_and_not_again_while_it_is_unchanged(api: Api) -> None:
    ticket = await api.open()
    read = await api.client.get(f"/v1/tickets/{ticket}")
    assert read.headers["ETag"] == '"2"'
    again = await api.client.get(f"/v1/tickets/{ticket}", headers={"If-None-Match": '"2"'})
    assert again.status_code == 304


async def test_what_is_overdue_is_so_at_the_time_of_reading(api: Api) -> None:
    ticket = await api.open()
    api.now = T0 + 2 * DAY
    read = (await api.client.get(f"/v1/tickets/{ticket}")).json()
    assert [(item["what"], item["overdue"]) for item in read["due"]] == [("acknowledgement", True), ("promise", False)]


async def test_a_complaint_goes_from_receipt_to_closing(api: Api) -> None:
    ticket = await api.open()
    assert (await api.do(ticket, "acknowledgement")).json()["status"] == "acknowledged"
    promise = {"promise_id": "call-back", "content": "We call back.", "due_at": "2026-01-07T09:30:00Z"}
    assert (await api.do(ticket, "promises", promise)).status_code == 201
    api.now = T0 + 3 * DAY
    kept = (await api.do(ticket, "promises/call-back/fulfilment")).json()["promises"][1]
    assert (kept["kept_at"], kept["kept_in_time"]) == ("2026-01-08T09:30:00Z", False)
    resolved = (await api.do(ticket, "resolution", RESOLUTION, match=6)).json()
    assert (resolved["status"], resolved["due"]) == ("resolved", [])
    assert resolved["resolution"]["redress"][1] == {"kind": "refund", "amount": "11.77", "currency": "USD"}
    reopened = (await api.do(ticket, "reopening", {"reason": "No money came."}, match=8)).json()
    assert (reopened["status"], reopened["resolution"], len(reopened["due"])) == ("reopened", None, 1)
    await api.do(ticket, "resolution", RESOLUTION, match=10)
    assert (await api.do(ticket, "closing", match=12)).json()["status_category"] == "closed"


@pytest.mark.parametrize(
    ("what", "body"), [("resolution", RESOLUTION), ("reopening", {"reason": "again"}), ("closing", None)]
)
async def test_a_decision_needs_the_version_that_it_was_made_on(api: Api, what: str, body: Any) -> None:
    ticket = await api.open()
    assert (await api.do(ticket, what, body)).status_code == 428
    stale = await api.do(ticket, what, body, match=1)
    assert stale.status_code == 412
    assert len(await api.store.read(f"ticket-{ticket}")) == 2


async def test_a_post_repeated_under_its_key_opens_one_ticket(api: Api) -> None:
    headers = {"Idempotency-Key": "k-1"}
    first = await api.client.post("/v1/tickets", json=DRAFT, headers=headers)
    again = await api.client.post("/v1/tickets", json=DRAFT, headers=headers)
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert again.json() == first.json()


async def test_the_history_names_every_event_without_what_it_says(api: Api) -> None:
    ticket = await api.open()
    await api.do(ticket, "acknowledgement")
    events = (await api.client.get(f"/v1/tickets/{ticket}/history")).json()["data"]
    assert [item["type"] for item in events] == [
        "complaint-opened.v1",
        "promise-made.v1",
        "complaint-acknowledged.v1",
    ]
    assert (events[2]["event_id"], events[2]["actor"]) == (f"ticket-{ticket}@3", "agent-1")
    assert "missing" not in str(events)


@pytest.mark.parametrize("path", ["", "/history"])
async def test_a_ticket_that_is_not_there_is_not_found(api: Api, path: str) -> None:
    answer = await api.client.get(f"/v1/tickets/{UUID(int=5)}{path}")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/ticket-unknown")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"summary": "  "}, "summary"),
        ({"severity": "dreadful"}, "severity"),
        ({"received_at": "2026-01-05T09:30:01Z"}, "received_at"),
        ({"received_at": "2026-01-05T09:30:00"}, "received_at"),
        ({"received_at": "0001-01-01T00:00:00+12:00"}, "received_at"),
        ({"customer_id": "anna"}, "customer_id"),
        ({"category": "x" * 65}, "category"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_a_bad_complaint_is_answered_by_the_field_at_fault(api: Api, change: Any, field: str) -> None:
    answer = await api.client.post("/v1/tickets", json={**DRAFT, **change})
    assert (answer.status_code, [item["field"] for item in answer.json()["errors"]]) == (422, [field])


@pytest.mark.parametrize(
    "redress",
    [
        {"kind": "flowers"},
        {"kind": "refund", "amount": "1.234", "currency": "EUR"},
        {"kind": "refund", "amount": "1.5", "currency": "JPY"},
        {"kind": "refund", "amount": "1", "currency": "QQQ"},
        {"kind": "refund", "amount": "NaN", "currency": "EUR"},
        {"kind": "refund", "amount": "-1", "currency": "EUR"},
        {"kind": "points", "points": 0},
    ],
)
async def test_redress_that_makes_no_sense_is_refused(api: Api, redress: Any) -> None:
    ticket = await api.open()
    answer = await api.do(ticket, "resolution", {**RESOLUTION, "redress": [redress]}, match=2)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].startswith("redress.0")


async def test_each_route_asks_for_its_scope(api: Api) -> None:
    ticket = await api.open()
    writing = await api.client.post("/v1/tickets", json=DRAFT, headers=bearer("tickets:read"))
    reading = await api.client.get(f"/v1/tickets/{ticket}", headers=bearer("tickets:write"))
    assert (writing.status_code, reading.status_code) == (403, 403)
