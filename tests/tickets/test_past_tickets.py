"""A ticket as of a moment, and as known at one: exactly the events that count, judged at that moment."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from services.tickets.contracts.published import PUBLISHED
from services.tickets.domain.events import Event
from services.tickets.domain.ticketing import TICKET
from shared.errors import Missing
from shared.handle import Handler
from shared.store.contract import Append, Context, Moment
from shared.store.memory import InMemoryEventStore
from tests.tickets.conftest import Api
from tests.tickets.test_ticket_histories import HISTORIES, history_of
from tests.tickets.ticket_facts import ANNA, DAY, HOUR, T0

HOURS = st.integers(min_value=0, max_value=30)
TIMES = st.one_of(st.none(), HOURS)


def at(hours: float) -> datetime:
    return T0 + timedelta(hours=hours)


async def kept(history: Sequence[Event], times: Sequence[tuple[int, int]]) -> InMemoryEventStore:
    """Return a store with the history, each event with its own (happened, recorded)."""
    store = InMemoryEventStore(PUBLISHED)
    for version, (event, (happened, recorded)) in enumerate(zip(history, times, strict=False)):
        context = Context(at(happened), at(recorded))
        await store.append(Append("ticket-1", version, str(ANNA), [event], context))
    return store


@for_all(
    commands=HISTORIES, times=st.lists(st.tuples(HOURS, HOURS), min_size=60, max_size=60), as_of=TIMES, known=TIMES
)
async def test_the_state_equals_a_fresh_fold_of_exactly_the_events_that_count(
    commands: list[Any], times: list[tuple[int, int]], as_of: int | None, known: int | None
) -> None:
    store = await kept(history_of(commands)[:60], times)
    moment = Moment(None if as_of is None else at(as_of), None if known is None else at(known))
    events = [item for item in await store.read("ticket-1") if moment.covers(item)]
    handler = Handler(store)
    await handler.load(TICKET, "ticket-1")  # what the present has folded must not show in the past
    if not events and await store.read("ticket-1"):
        with pytest.raises(Missing):
            await handler.load_at(TICKET, "ticket-1", moment)
        return
    loaded = await handler.load_at(TICKET, "ticket-1", moment)
    assert loaded.state == TICKET.fold(item.event for item in events)
    assert loaded.version == (events[-1].version if events else 0)


async def read(api: Api, ticket: UUID, path: str = "", /, **times: datetime) -> Any:
    query = {name: time.isoformat() for name, time in times.items()}
    return await api.client.get(f"/v1/tickets/{ticket}{path}", params=query)


async def test_late_facts_give_four_different_answers(api: Api) -> None:
    """Received on day 0 and told on day 2, when it was acknowledged; something was promised on day 3."""
    api.now = T0 + 2 * DAY
    ticket = await api.open(received_at=T0.isoformat())
    await api.do(ticket, "acknowledgement")
    api.now = T0 + 3 * DAY
    promise = {"promise_id": "call-back", "content": "We call.", "due_at": (T0 + 9 * DAY).isoformat()}
    await api.do(ticket, "promises", promise)
    api.now = T0 + 5 * DAY
    day = {number: T0 + number * DAY for number in range(5)}
    assert await told(api, ticket) == ("acknowledged", 2)
    assert await told(api, ticket, as_of=day[1]) == ("received", 1)
    assert await told(api, ticket, known_at=day[2]) == ("acknowledged", 1)
    assert await told(api, ticket, as_of=day[2], known_at=day[1]) == "/problems/unknown-then"


async def told(api: Api, ticket: UUID, **times: datetime) -> Any:
    body = (await read(api, ticket, "", **times)).json()
    return body["type"] if "type" in body else (body["status"], len(body["promises"]))


async def test_what_is_overdue_is_so_at_the_moment_asked_about(api: Api) -> None:
    ticket = await api.open()
    api.now = T0 + 3 * DAY
    now, then = await read(api, ticket), await read(api, ticket, as_of=T0 + HOUR)
    assert [item["overdue"] for item in now.json()["due"]] == [True, False]
    assert [item["overdue"] for item in then.json()["due"]] == [False, False]
    assert ("etag" in now.headers, "etag" in then.headers) == (True, False)


async def test_the_history_holds_exactly_the_events_that_count(api: Api) -> None:
    ticket = await api.open()
    api.now = T0 + 23 * HOUR
    await api.do(ticket, "acknowledgement")
    for name in ("as_of", "known_at"):
        then = (await read(api, ticket, "/history", **{name: T0 + HOUR})).json()["data"]
        assert [item["type"] for item in then] == ["complaint-opened.v1", "promise-made.v1"]
    later = (await read(api, ticket, "/history", as_of=T0 + 23 * HOUR)).json()["data"]
    assert [item["type"] for item in later[2:]] == ["complaint-acknowledged.v1"]


@pytest.mark.parametrize("path", ["", "/history"])
@pytest.mark.parametrize("name", ["as_of", "known_at"])
async def test_before_the_first_event_the_ticket_was_unknown(api: Api, path: str, name: str) -> None:
    ticket = await api.open()
    early = await read(api, ticket, path, **{name: T0 - HOUR})
    assert (early.status_code, early.json()["type"]) == (404, "/problems/unknown-then")
    nothing = await read(api, uuid4(), path, **{name: T0 - HOUR})
    assert (nothing.status_code, nothing.json()["type"]) == (404, "/problems/ticket-unknown")


@pytest.mark.parametrize("path", ["", "/history"])
@pytest.mark.parametrize("name", ["as_of", "known_at"])
@pytest.mark.parametrize("time", ["yesterday", "2026-01-05", "2026-01-05T09:00:00", "2026-01-05T09:30:01Z", ""])
async def test_what_is_no_time_has_no_zone_or_lies_ahead_is_refused(api: Api, path: str, name: str, time: str) -> None:
    ticket = await api.open()
    answer = await api.client.get(f"/v1/tickets/{ticket}{path}", params={name: time})
    assert (answer.status_code, [item["field"] for item in answer.json()["errors"]]) == (422, [name])
