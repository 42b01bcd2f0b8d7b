"""Partners over the API: agreements, bookings that count once, statements that close for good."""

from typing import Any

import httpx
import pytest

from services.loyalty.domain.partners.decider import PARTNER
from services.loyalty.views.partner_entries import PARTNER_ENTRIES
from services.loyalty.views.partners import PARTNERS
from services.loyalty.views.settlements import SETTLEMENTS
from shared.views.rows import Rows
from shared.views.view import View
from tests.loyalty.conftest import Api
from tests.loyalty.loyalty_facts import ANNA, day

VIEWS: tuple[View[Any], ...] = (PARTNERS, SETTLEMENTS, PARTNER_ENTRIES)

HOTEL = "/v1/partners/grand-hotel"
AGREEMENT: dict[str, Any] = {
    "name": "Grand Hotel",
    "money": "EUR",
    "prices": [
        {"kind": "accrual", "since": "2026-01-01", "unit_price": "0.015"},
        {"kind": "redemption", "since": "2026-01-01", "unit_price": "0.008"},
    ],
}


@pytest.fixture
async def hotel(api: Api) -> Api:
    answer = await api.client.put(HOTEL, json=AGREEMENT)
    assert answer.status_code == 201, answer.text
    return api


async def post(api: Api, what: str, **body: Any) -> httpx.Response:
    return await api.client.post(f"{HOTEL}/{what}", json=body)


async def earned(api: Api, event: str, points: int, kind: str = "accrual", **more: Any) -> httpx.Response:
    return await post(api, "points", source="hotel", event=event, kind=kind, points=points, **more)


async def follow(api: Api) -> None:
    """Let the views follow the partner's stream."""
    for view in VIEWS:
        rows: dict[Any, Any] = {}
        for event in await api.store.read(PARTNER.stream("grand-hotel")):
            if view.reads[0].knows(event.type):
                rows[view.key(event)] = view.project(rows.get(view.key(event)), event)
        async with api.pool.acquire() as connection:
            await Rows(view).save(connection, rows)


async def listed(api: Api, path: str, **filters: str) -> list[dict[str, Any]]:
    answer = await api.client.get(path, params={f"filter[{name}]": value for name, value in filters.items()})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


async def test_bookings_count_once_and_show_where_we_stand(hotel: Api) -> None:
    first, again = await earned(hotel, "stay-7", 400), await earned(hotel, "stay-7", 400)
    assert (first.status_code, again.status_code) == (201, 200)
    assert (first.json()["owed"], again.json()["owed"], again.json()["events"]) == ("6.00", "6.00", [])
    await earned(hotel, "night-1", 1000, "redemption")
    await post(hotel, "reversals", source="hotel", event="back", reverses="hotel:stay-7", points=400)
    paid = await post(hotel, "payments", source="bank", event="b1", amount="-8.00")
    assert paid.json()["owed"] == "0.00"
    shown = (await hotel.client.get(HOTEL)).json()
    assert (shown["agreement"]["name"], shown["owed"], shown["open"]) == (
        "Grand Hotel",
        "0.00",
        [{"month": "2026-01-01", "entries": 4, "total": "0.00"}],
    )


async def test_a_statement_closes_for_good_and_what_comes_later_is_in_the_next(hotel: Api) -> None:
    await earned(hotel, "stay-7", 400)
    refused = await post(hotel, "settlements", month="2026-01")
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (409, "month-open")
    hotel.now = day(30)
    closed, again = [await post(hotel, "settlements", month="2026-01") for _ in range(2)]
    assert (closed.status_code, again.status_code) == (201, 200)
    assert closed.json()["events"][0]["closing"] == "6.00"
    await earned(hotel, "stay-8", 200, at=day(1).isoformat())
    await follow(hotel)
    february, january = await listed(hotel, f"{HOTEL}/settlements")
    assert (january["closed"], january["opening"], january["closing"], january["entries"]) == (True, "0", "6.00", 1)
    assert (february["closed"], february["month"], february["total"]) == (False, "2026-02-01", "3.00")
    assert [row["month"] for row in await listed(hotel, "/v1/settlements", closed="true")] == ["2026-01-01"]
    (late,) = await listed(hotel, f"{HOTEL}/entries", month="2026-02-01")
    assert (late["entry_id"], late["late"], late["amount"]) == ("hotel:stay-8", True, "3.00")
    (row,) = await listed(hotel, "/v1/partners", name="Grand Hotel")
    assert (row["owed"], row["closed_until"], row["entries"]) == ("9.00", "2026-01-01", 2)


async def test_packs_bound_what_a_prepaid_partner_may_issue(api: Api) -> None:
    await api.client.put(HOTEL, json={**AGREEMENT, "prepaid": True})
    bought = await post(api, "packs", source="desk", event="p1", points=500, amount="6.00")
    assert (bought.json()["pack"], bought.json()["owed"]) == (500, "6.00")
    assert (await earned(api, "stay-7", 500)).json()["pack"] == 0
    refused = await earned(api, "stay-8", 1)
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (409, "pack-exhausted")


async def test_what_is_wrong_is_named_by_its_field(hotel: Api) -> None:
    wrong = {**AGREEMENT, "prices": [AGREEMENT["prices"][0]] * 2, "money": "XQZ"}
    answer = await hotel.client.put("/v1/partners/other", json=wrong)
    assert answer.status_code == 422
    assert {fault["field"] for fault in answer.json()["errors"]} == {"money", "prices"}
    wrong_bodies: list[tuple[dict[str, Any], str]] = [
        ({"points": 1.5}, "points"),
        ({"points": 2**63}, "points"),
        ({"points": 1, "at": day(2).isoformat()}, "at"),
        ({"points": 1, "points_currency": "No"}, "points_currency"),
    ]
    for body, field in wrong_bodies:
        answer = await post(hotel, "points", source="hotel", event="e", kind="accrual", **body)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field), answer.text
    assert (await post(hotel, "settlements", month="2026-13")).status_code == 422


async def test_a_partner_without_an_agreement_is_unknown(api: Api) -> None:
    for answer in (await api.client.get(HOTEL), await earned(api, "stay-7", 1)):
        assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (404, "partner-unknown")


async def test_a_customers_own_token_sees_no_partner(hotel: Api) -> None:
    await follow(hotel)
    hotel.confine(ANNA)
    for path in (HOTEL, "/v1/partners", f"{HOTEL}/entries", f"{HOTEL}/settlements", "/v1/settlements"):
        assert (await hotel.client.get(path)).status_code == 404
