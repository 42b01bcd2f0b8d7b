"""Activity by policy, view and HTTP: the class of any moment, as known at any moment, listed and explained."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from services.scoring.contracts.published import PUBLISHED
from services.scoring.domain.activity import ACTIVITY
from services.scoring.views.activity import ACTIVITY_VIEW, combine
from services.scoring.views.activity import project as project_activity
from shared.store.contract import Recorded
from shared.store.memory import InMemoryEventStore
from shared.store.postgres import PostgresEventStore
from shared.views.rows import Rows
from tests.scoring.activity_facts import ANNA, BEN, DAY, START, notice, purchase, tell
from tests.scoring.conftest import NOW
from tests.scoring.following import follow

TODAY = (NOW - START).days
"""NOW is 546 days after START."""


def time(day: float) -> str:
    return (START + day * DAY).isoformat()


async def shown(api: httpx.AsyncClient, path: str = "", **at: str) -> Any:
    answer = await api.get(f"/v1/customers/{ANNA}/activity{path}", params=at)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_purchase_is_noticed_once_with_what_led_to_it() -> None:
    store = InMemoryEventStore(PUBLISHED)
    await notice(store, [purchase(200.5), purchase(200.5), purchase(203), purchase(0)], NOW)
    await notice(store, [purchase(200.5)], NOW)
    first, second = await store.read(ACTIVITY.stream(ANNA))
    assert (first.type, second.type) == ("activity-changed", "purchase-noticed")
    assert (first.occurred_at, first.recorded_at, first.subject) == (START + 200.5 * DAY, NOW, str(ANNA))
    assert first.meta == {"correlation": "c", "causation": f"purchase-shop-{ANNA.int}-200.5@1"}


async def test_a_late_fact_gives_the_four_different_answers(
    api: httpx.AsyncClient, store: PostgresEventStore, pool: asyncpg.Pool
) -> None:
    """Days 0 and 300 are told at once, day 290 on day 320, day 500 at once."""
    await tell(pool, store, [purchase(0), purchase(300), purchase(290, late=30), purchase(500)])
    both = {"as_of": time(310), "known_at": time(310)}
    found = [await shown(api, **at) for at in ({}, {"as_of": both["as_of"]}, {"known_at": both["known_at"]}, both)]
    assert [(item["activity"], item["since"][:10]) for item in found] == [
        ("regular", "1998-05-16"),
        ("active", "1997-10-28"),
        ("inactive", "1998-04-26"),
        ("regular", "1997-10-28"),
    ]
    assert [item["purchase_days"]["365"] for item in found] == [3, 3, 1, 2]


async def test_a_class_has_a_course_and_an_end(
    api: httpx.AsyncClient, store: PostgresEventStore, pool: asyncpg.Pool
) -> None:
    await tell(pool, store, [purchase(0.5), purchase(500)])
    found = await shown(api)
    assert [(spell["activity"], spell["since"]) for spell in found["course"]] == [
        ("regular", "1997-01-01T12:00:00Z"),
        ("inactive", "1997-06-30T00:00:00Z"),
        ("silent", "1998-01-01T00:00:00Z"),
        ("regular", "1998-05-16T00:00:00Z"),
    ]
    assert (found["falls_at"], found["last_purchase_day"]) == ("1998-11-12T00:00:00Z", "1998-05-16")
    assert [item["event"] for item in found["decisions"]] == [f"activity-{ANNA}@1"]


async def test_the_class_falls_for_the_reader_although_no_timer_ran(
    api: httpx.AsyncClient, store: PostgresEventStore, pool: asyncpg.Pool
) -> None:
    await tell(pool, store, [purchase(0, ANNA), purchase(200, BEN), purchase(210, BEN)])
    assert (await shown(api))["activity"] == "silent"
    listed = (await api.get("/v1/activity")).json()["data"]
    assert [(row["customer_id"], row["activity"], row["since"][:10], row["falls_at"]) for row in listed] == [
        (str(BEN), "inactive", "1998-01-26", "1998-07-30T00:00:00Z"),
        (str(ANNA), "silent", "1998-01-01", None),
    ]


async def test_the_list_filters_by_the_class_of_the_moment(
    api: httpx.AsyncClient, store: PostgresEventStore, pool: asyncpg.Pool
) -> None:
    many = [purchase(TODAY - 3 * number, UUID(int=number)) for number in range(1, 200)]
    await follow(pool, ACTIVITY_VIEW, many)
    found: dict[str, int] = {}
    for activity in ("high-frequency", "active", "regular", "inactive", "silent"):
        path: str | None = f"/v1/activity?filter[activity]={activity}&page[size]=40"
        while path:
            page = (await api.get(path)).json()
            assert {row["activity"] for row in page["data"]} <= {activity}
            found[activity] = found.get(activity, 0) + len(page["data"])
            path = page["links"]["next"]
    assert found == {"high-frequency": 0, "active": 0, "regular": 59, "inactive": 62, "silent": 78}
    within_ten_days = {"sort": "falls_at", "filter[falls_at][lt]": time(TODAY + 10)}
    soon = (await api.get("/v1/activity", params=within_ten_days)).json()
    assert {row["falls_at"] for row in soon["data"]} == {
        f"{(START + (TODAY - 3 * number + within) * DAY):%Y-%m-%dT%H:%M:%SZ}"
        for number in range(1, 200)
        for within in (180, 365)
        if TODAY < TODAY - 3 * number + within < TODAY + 10
    }


async def test_a_class_says_why(api: httpx.AsyncClient, store: PostgresEventStore, pool: asyncpg.Pool) -> None:
    await tell(pool, store, [purchase(day) for day in (0, 400, 500.75, 500.25, 510, 520, 530)])
    why = await shown(api, "/why")
    assert (why["activity"], why["rule"], why["rule_version"]) == ("high-frequency", "activity-ladder", 1)
    assert [(rung["purchase_days"], rung["within_days"], rung["found"]) for rung in why["ladder"]] == [
        (4, 90, 4),
        (2, 180, 5),
        (1, 180, 5),
        (1, 365, 5),
    ]
    assert why["arithmetic"] == "purchase day 4 from the last is 46 days old, less than 90: high-frequency"
    assert [item["event"] for item in why["events"]] == [
        f"purchase-shop-{ANNA.int}-{day}@1" for day in (530, 520, 510, 500.25)
    ]
    early = await shown(api, "/why", as_of=time(450))
    assert [(item["event"], item["service"]) for item in early["events"]] == [
        (f"purchase-shop-{ANNA.int}-{day}@1", "contact") for day in (400, 0)
    ]
    assert [item["caused_by"] for item in why["decisions"]] == [
        f"purchase-shop-{ANNA.int}-{day}@1" for day in (0, 500.25, 530)
    ]
    assert early["arithmetic"] == "purchase day 1 from the last is 50 days old, less than 180: regular"


@pytest.mark.parametrize("path", ["", "/why"])
@pytest.mark.parametrize(
    ("at", "status", "code"),
    [
        ({"as_of": "yesterday"}, 422, "invalid"),
        ({"as_of": "1997-01-01"}, 422, "invalid"),
        ({"as_of": "2098-01-01T00:00:00Z"}, 422, "invalid"),
        ({"known_at": "2098-01-01T00:00:00Z"}, 422, "invalid"),
        ({"as_of": "1996-01-01T00:00:00Z"}, 404, "unknown-then"),
        ({"known_at": "1996-01-01T00:00:00Z"}, 404, "unknown-then"),
    ],
)
async def test_moments_that_make_no_sense_are_clear_problems(
    api: httpx.AsyncClient,
    store: PostgresEventStore,
    pool: asyncpg.Pool,
    path: str,
    at: dict[str, str],
    status: int,
    code: str,
) -> None:
    await tell(pool, store, [purchase(0)])
    answer = await api.get(f"/v1/customers/{ANNA}/activity{path}", params=at)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert code in answer.json()["type"]


async def test_whoever_bought_nothing_has_no_class(api: httpx.AsyncClient) -> None:
    answer = await api.get(f"/v1/customers/{ANNA}/activity")
    assert answer.status_code == 404
    assert answer.json()["type"].endswith("no-purchases")
    assert (await api.get("/v1/customers/anna/activity")).status_code == 422


DAYS = st.lists(st.tuples(st.integers(0, 24 * 60), st.booleans()), min_size=1, max_size=20)
"""Hours, and whether Ben bought (else Anna)."""


def rows(facts: Sequence[Recorded]) -> dict[UUID, Any]:
    found: dict[UUID, Any] = {}
    for fact in facts:
        customer = UUID(fact.subject)
        found[customer] = project_activity(found.get(customer), fact)
    return found


@for_all(DAYS)
def test_customers_who_are_one_have_the_row_of_one_who_bought_all_of_it(facts: list[tuple[int, bool]]) -> None:
    bought = [purchase(hour / 24, BEN if ben else ANNA) for hour, ben in facts]
    apart = rows(bought)
    together = rows([purchase(hour / 24, BEN) for hour, _ in facts])
    assert list(combine(list(apart.values()), str(BEN))) == [together[BEN]]
    assert combine(list(apart.values())[::-1], str(BEN)) == combine(list(apart.values()), str(BEN))


def test_the_rows_fit_their_table() -> None:
    assert Rows(ACTIVITY_VIEW).names[0] == "customer_id"


def test_the_test_knows_its_days() -> None:
    assert datetime(1998, 7, 1, 9, 30, tzinfo=NOW.tzinfo) == NOW
    assert TODAY == 546
