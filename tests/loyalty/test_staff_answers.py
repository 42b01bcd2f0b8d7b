"""What the staff does to an account through the API: adjust, freeze, close, exempt, activate; and no customer can."""

from typing import Any

import httpx
import pytest

from shared.http.auth import development_token
from tests.loyalty.conftest import SETTINGS, Api
from tests.loyalty.loyalty_facts import ANNA, day


async def post(api: Api, what: str, as_: str = "tester", **body: Any) -> httpx.Response:
    token = development_token(SETTINGS, ["loyalty:read", "loyalty:write"], subject=as_)
    headers = {"Authorization": f"Bearer {token}"}
    return await api.client.post(f"/v1/members/{ANNA}/{what}", json=body, headers=headers)


def code(answer: httpx.Response) -> str:
    found: str = answer.json().get("type", "").rpartition("/")[2]
    return found


async def test_a_large_adjustment_waits_for_a_second_person(api: Api) -> None:
    api.client = api.made(adjustment_alone=100)
    await api.earn("o1", "30")
    small = await post(api, "adjustments", adjustment_id="a1", points=100, reason="sorry")
    assert (small.status_code, small.json()["balance"]) == (201, 130)
    large = await post(api, "adjustments", adjustment_id="a2", points=-101, reason="mistake")
    assert (large.status_code, large.json()["balance"]) == (201, 130)
    assert code(await post(api, "adjustments/a2/confirmation")) == "second-person-needed"
    confirmed = await post(api, "adjustments/a2/confirmation", "dora")
    assert (confirmed.status_code, confirmed.json()["balance"]) == (201, 29)
    assert (await post(api, "adjustments/a2/confirmation", "dora")).status_code == 200
    listed = (await api.get("adjustments"))["adjustments"]
    assert [(item["adjustment_id"], item["points"], item["status"], item["reason"]) for item in listed] == [
        ("a1", 100, "made", "sorry"),
        ("a2", -101, "made", "mistake"),
    ]
    assert "confirmed by dora" in (await api.get("why/a2"))["because"][1]["arithmetic"]


async def test_an_adjustment_is_refused_by_a_second_person(api: Api) -> None:
    await api.earn("o1", "30")
    await post(api, "adjustments", adjustment_id="a1", points=20_000, reason="sorry")
    assert (await post(api, "adjustments/a1/refusal", "dora", reason="no")).status_code == 201
    assert code(await post(api, "adjustments/a1/confirmation", "dora")) == "adjustment-decided"
    assert (await api.get("balance"))["balance"] == 30


async def test_a_frozen_account_says_what_is_blocked(api: Api) -> None:
    await api.earn("o1", "30")
    assert (await post(api, "freeze", reason="stolen")).status_code == 201
    assert (await post(api, "freeze", reason="stolen")).status_code == 200
    found = await api.get("balance")
    assert (found["balance"], found["blocked"]) == (30, 30)
    (lot,) = (await api.get("lots"))["lots"]
    assert (lot["active"], lot["blocked"]) == (0, 30)
    assert code(await api.spend("s1", 1)) == "account-frozen"
    assert (await api.get(""))["frozen"] is True
    await post(api, "unfreeze", reason="found")
    assert (await api.spend("s1", 1)).status_code == 201


async def test_a_closed_account_is_empty_for_good(api: Api) -> None:
    await api.earn("o1", "30")
    closed = await post(api, "close", reason="asked to leave")
    assert (closed.status_code, closed.json()["balance"]) == (201, 0)
    assert (await api.earn("o2", "5")).json()["balance"] == 0
    assert code(await api.spend("s1", 1)) == "account-closed"
    found = await api.get("")
    assert (found["closed"], found["debt"], found["orders"]) == (True, 0, 2)


async def test_an_exempt_members_points_do_not_lapse(api: Api) -> None:
    api.client = api.made(points_valid_months=1)
    await api.earn("o1", "30")
    api.now = day(40)
    await api.fire()
    assert (await api.get("balance"))["balance"] == 0
    answer = await post(api, "expiry-exemption", reason="gold", since=day(20).isoformat())
    assert (answer.status_code, answer.json()["balance"]) == (201, 30)
    api.now = day(50)
    assert (await post(api, "expiry-exemption/end")).json()["balance"] == 0


async def test_points_that_wait_are_activated_and_cancelled_by_their_lot(api: Api) -> None:
    await api.earn("o1", "30")
    assert code(await post(api, "activations", activation_id="d1", lot_id="shop:o1")) == "lot-not-waiting"
    assert code(await post(api, "activations", activation_id="d1", lot_id="shop:o9")) == "lot-unknown"
    late = await post(api, "activations", activation_id="d1", lot_id="shop:o1", acted_at=day(1).isoformat())
    assert late.status_code == 422
    cancelled = await post(api, "cancellations", cancellation_id="c1", lot_id="shop:o1", reason="x")
    assert code(cancelled) == "lot-not-waiting"


@pytest.mark.parametrize("points", [0, 1.5, 2**63, -(2**63), "many"])
async def test_an_adjustment_of_no_number_is_refused(api: Api, points: object) -> None:
    await api.earn("o1", "30")
    answer = await post(api, "adjustments", adjustment_id="a1", points=points, reason="x")
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("freeze", {"reason": "x"}),
        ("unfreeze", {"reason": "x"}),
        ("close", {"reason": "x"}),
        ("expiry-exemption", {"reason": "x"}),
        ("expiry-exemption/end", {}),
        ("adjustments", {"adjustment_id": "a1", "points": 5, "reason": "x"}),
        ("adjustments/a1/confirmation", {}),
        ("adjustments/a1/refusal", {"reason": "x"}),
        ("tier-grants", {"grant_id": "g1", "tier": "gold", "until": "2027-01-01T00:00:00Z", "reason": "x"}),
        ("tier-grants/g1/end", {"reason": "x"}),
    ],
)
async def test_a_customers_own_token_can_do_none_of_it(api: Api, what: str, body: dict[str, Any]) -> None:
    await api.earn("o1", "30")
    api.confine(ANNA)
    answer = await api.client.post(f"/v1/members/{ANNA}/{what}", json=body)
    assert (answer.status_code, code(answer)) == (404, "not-yours")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/programmes/shop/check", {"document": {}}),
        ("PUT", "/v1/programmes/shop", {"document": {}}),
        ("POST", "/v1/partners/hotel/packs", {"source": "desk", "event": "p1", "points": 5, "amount": "1.00"}),
        ("GET", "/v1/partners", None),
        ("GET", "/v1/partners/hotel", None),
        ("GET", "/v1/partners/hotel/settlements", None),
        ("GET", "/v1/partners/hotel/entries", None),
        ("POST", "/v1/partners/hotel/settlements", {"month": "2026-01"}),
        ("GET", "/v1/settlements", None),
        ("GET", "/v1/liability", None),
    ],
)
async def test_a_customers_own_token_runs_no_programme(api: Api, method: str, path: str, body: Any) -> None:
    api.confine(ANNA)
    answer = await api.client.request(method, path, json=body)
    assert (answer.status_code, code(answer)) == (404, "not-yours")
