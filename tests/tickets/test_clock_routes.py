"""The clocks over HTTP: what runs, what was missed, and why, now and at a past moment."""

from typing import Any
from uuid import UUID

import pytest

from services.tickets.domain.commands import LookAtClocks
from services.tickets.domain.ticketing import TICKET
from shared.store.contract import Context
from tests.tickets.conftest import Api
from tests.tickets.ticket_facts import ANNA, DAY, HOUR, T0


async def read(api: Api, ticket: UUID, what: str) -> Any:
    answer = await api.client.get(f"/v1/tickets/{ticket}/{what}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def fire(api: Api, ticket: UUID) -> None:
    """Do what the ticket's timer does at this moment."""
    handler = api.handler
    context = Context(api.now, api.now, causation="timer")
    await handler.handle(TICKET, f"ticket-{ticket}", LookAtClocks(api.now), subject=str(ANNA), context=context)


async def test_a_new_ticket_has_two_running_clocks(api: Api) -> None:
    ticket = await api.open()
    api.now = T0 + HOUR
    acknowledgement, promise = (await read(api, ticket, "clocks"))["data"]
    assert (acknowledgement["name"], acknowledgement["state"], acknowledgement["promise_id"]) == (
        "acknowledgement",
        "running",
        None,
    )
    assert (acknowledgement["seconds"], acknowledgement["seconds_left"]) == (86400, 23 * 3600)
    assert (acknowledgement["warns_at"], acknowledgement["levels_version"]) == ("2026-01-06T03:30:00Z", 2)
    assert (promise["name"], promise["due_at"], promise["state"]) == (
        "promise-answer",
        "2026-01-12T09:30:00Z",
        "running",
    )


async def test_a_clock_is_breached_at_its_deadline_whether_or_not_its_timer_has_run(api: Api) -> None:
    ticket = await api.open()
    api.now = T0 + DAY
    for _ in range(2):
        clock = (await read(api, ticket, "clocks"))["data"][0]
        assert (clock["state"], clock["breached_at"], clock["seconds_left"]) == ("breached", "2026-01-06T09:30:00Z", 0)
        await fire(api, ticket)


async def test_a_promise_kept_after_its_breach_stays_broken(api: Api) -> None:
    ticket = await api.open()
    await api.do(ticket, "promises", {"promise_id": "call", "content": "We call.", "due_at": "2026-01-07T09:30:00Z"})
    api.now = T0 + 2 * DAY
    await fire(api, ticket)
    api.now = T0 + 3 * DAY
    answered = (await api.do(ticket, "promises/call/fulfilment")).json()
    assert [item["kept_in_time"] for item in answered["promises"]] == [None, False]
    clock = (await read(api, ticket, "clocks"))["data"][2]
    assert (clock["state"], clock["fulfilled_at"], clock["breached_at"]) == (
        "breached",
        "2026-01-08T09:30:00Z",
        "2026-01-07T09:30:00Z",
    )


async def test_a_breach_is_explained_by_its_events_its_rule_and_its_arithmetic(api: Api) -> None:
    ticket = await api.open(severity="high")
    api.now = T0 + 5 * HOUR
    await fire(api, ticket)
    why = await read(api, ticket, "why/acknowledgement")
    assert (why["state"], why["rule"]) == ("breached", {"name": "service-levels", "version": 2})
    assert why["arithmetic"] == [
        "due: 2026-01-05 09:30:00 UTC + 4:00:00 = 2026-01-05 13:30:00 UTC (to acknowledge a complaint of high severity,"
        " levels 2)",
        "warns: 2026-01-05 09:30:00 UTC + 0.75 x 4:00:00 = 2026-01-05 12:30:00 UTC",
        "hasn't come by 2026-01-05 14:30:00 UTC: 1:00:00 after it was due",
    ]
    assert [(item["event_id"], item["type"], item["service"]) for item in why["events"]] == [
        (f"ticket-{ticket}@1", "complaint-opened.v1", "tickets"),
        (f"ticket-{ticket}@3", "acknowledgement-breached.v1", "tickets"),
    ]
    breach = why["events"][1]
    assert (breach["occurred_at"], breach["recorded_at"]) == ("2026-01-05T13:30:00Z", "2026-01-05T14:30:00Z")


async def test_a_kept_promise_is_explained_too(api: Api) -> None:
    ticket = await api.open()
    api.now = T0 + HOUR
    await api.do(ticket, "acknowledgement")
    api.now = T0 + 3 * DAY
    await api.do(ticket, "resolution", {"decision": "upheld", "explanation": "So it was."}, match=3)
    why = await read(api, ticket, "why/promise-answer")
    assert (why["state"], [item["type"] for item in why["events"]]) == (
        "fulfilled",
        ["promise-made.v1", "promise-kept.v1"],
    )
    assert why["arithmetic"][-1] == "came by 2026-01-08 09:30:00 UTC: 4 days, 0:00:00 before it is due"
    told = await read(api, ticket, "why/acknowledgement")
    assert [item["type"] for item in told["events"]] == ["complaint-opened.v1", "complaint-acknowledged.v1"]


async def test_an_answer_stops_the_clock_of_the_acknowledgement_and_is_named_for_it(api: Api) -> None:
    ticket = await api.open()
    api.now = T0 + HOUR
    await api.do(ticket, "resolution", {"decision": "upheld", "explanation": "So it was."}, match=2)
    why = await read(api, ticket, "why/acknowledgement")
    assert (why["state"], why["events"][-1]["type"]) == ("fulfilled", "complaint-resolved.v1")


async def test_clocks_stand_as_they_stood_then(api: Api) -> None:
    ticket = await api.open()
    api.now = T0 + DAY
    await fire(api, ticket)
    api.now = T0 + 2 * DAY
    then = await read(api, ticket, "clocks?as_of=2026-01-05T12:30:00Z")
    assert (then["data"][0]["state"], then["data"][0]["seconds_left"]) == ("running", 21 * 3600)
    why = await read(api, ticket, "why/acknowledgement?as_of=2026-01-05T12:30:00Z")
    assert [item["type"] for item in why["events"]] == ["complaint-opened.v1"]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("why/nothing", 404, "clock-unknown"),
        ("why/promise-nothing", 404, "clock-unknown"),
        ("clocks?as_of=2020-01-01T00:00:00Z", 404, "unknown-then"),
        ("why/acknowledgement?as_of=2020-01-01T00:00:00Z", 404, "unknown-then"),
        ("clocks?as_of=2999-01-01T00:00:00Z", 422, "invalid"),
        ("why/acknowledgement?known_at=yesterday", 422, "invalid"),
    ],
)
async def test_what_cannot_be_answered_is_a_problem(api: Api, path: str, status: int, code: str) -> None:
    answer = await api.client.get(f"/v1/tickets/{await api.open()}/{path}")
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{code}")


async def test_the_clocks_of_no_ticket_are_not_found(api: Api) -> None:
    for path in ("clocks", "why/acknowledgement"):
        answer = await api.client.get(f"/v1/tickets/{UUID(int=5)}/{path}")
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/ticket-unknown")
