"""The lists of tickets, read from PostgreSQL."""

from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import pytest
from msgspec import structs

from services.tickets.api.answers import QueuePage
from services.tickets.domain.events import Event, PromiseBreached
from services.tickets.domain.terms import Severity
from services.tickets.service import SERVICE
from services.tickets.views.queue import QUEUE
from shared.migrations import migrate
from shared.views.rows import Rows
from tests.tickets.conftest import Api
from tests.tickets.ticket_facts import ACKNOWLEDGED, ANNA, BEGUN, DAY, ENDED, IDS, T0, row_after

BEN = UUID(int=10)
NEW, WAITING, DONE = UUID(int=21), UUID(int=22), UUID(int=23)
BROKEN = (*BEGUN, PromiseBreached(*IDS, "answer", T0 + 7 * DAY), *ENDED[2:])


@pytest.fixture
async def lists(database: str) -> AsyncIterator[Api]:
    await migrate(SERVICE, database)
    pool = await asyncpg.create_pool(database, min_size=1, max_size=2)
    api = Api(pool)
    histories: dict[UUID, tuple[Event, ...]] = {NEW: BEGUN, WAITING: (*BEGUN, ACKNOWLEDGED), DONE: BROKEN}
    rows = {}
    for place, (ticket_id, history) in enumerate(histories.items()):
        row = row_after(history)
        assert row is not None
        rows[ticket_id] = structs.replace(
            row,
            ticket_id=ticket_id,
            customer_id=ANNA if ticket_id == NEW else BEN,
            severity=Severity.HIGH if ticket_id == NEW else Severity.NORMAL,
            received_at=T0 + place * DAY,
        )
    connection = await asyncpg.connect(database)
    await Rows(QUEUE).save(connection, rows)
    yield api
    await connection.close()
    await api.client.aclose()
    await pool.close()


async def found(api: Api, path: str) -> list[UUID]:
    answer = await api.client.get(path)
    assert answer.status_code == 200, answer.text
    page = QueuePage.model_validate(answer.json())
    return [item.ticket_id for item in page.data]


async def test_the_queue_shows_what_is_due_first_and_leaves_out_what_is_done(lists: Api) -> None:
    assert await found(lists, "/v1/queue") == [NEW, WAITING]


async def test_the_queue_says_what_is_due_and_whether_it_is_overdue(lists: Api) -> None:
    lists.now = T0 + 2 * DAY
    first, second = (await lists.client.get("/v1/queue")).json()["data"]
    assert (first["next_due"], first["overdue"]) == ("acknowledgement", True)
    assert (second["next_due"], second["overdue"], second["acknowledged"]) == ("promise", False, True)


async def test_the_list_holds_every_ticket_the_newest_first(lists: Api) -> None:
    assert await found(lists, "/v1/tickets") == [DONE, WAITING, NEW]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ("filter[status]=resolved", [DONE]),
        ("filter[severity]=high", [NEW]),
        (f"filter[customer_id]={BEN}", [DONE, WAITING]),
        ("filter[next_due_at][lt]=2026-01-07T00:00:00Z", [NEW]),
        ("filter[promises_broken][gt]=0", [DONE]),
        ("filter[acknowledgement_breached]=true", []),
    ],
)
async def test_the_list_is_filtered(lists: Api, filters: str, expected: list[UUID]) -> None:
    assert await found(lists, f"/v1/tickets?{filters}") == expected


async def test_pages_follow_each_other_without_gap_or_repeat(lists: Api) -> None:
    seen: list[UUID] = []
    path = "/v1/tickets?page[size]=1"
    while path:
        page = (await lists.client.get(path)).json()
        seen += [UUID(item["ticket_id"]) for item in page["data"]]
        path = page["links"]["next"]
    assert seen == [DONE, WAITING, NEW]


async def test_a_row_is_loaded_as_it_was_saved(lists: Api, database: str) -> None:
    row = row_after((*BEGUN, ACKNOWLEDGED))
    assert row is not None
    codec = Rows(QUEUE)
    connection = await asyncpg.connect(database)
    await codec.save(connection, {row.ticket_id: row})
    assert await codec.load(connection, [row.ticket_id]) == {row.ticket_id: row}
    await connection.close()
