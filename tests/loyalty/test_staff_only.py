"""Which routes a customer's own token reaches: each route is open to it by name, or the staff's alone."""

import re
from typing import Any
from uuid import UUID

import httpx
from fastapi.routing import APIRoute

from services.loyalty.service import SERVICE
from shared.http.app import create_app
from tests.loyalty.conftest import Api
from tests.loyalty.loyalty_facts import ANNA
from tests.loyalty.shops import refusal

OPEN = {
    "PUT /v1/members/{customer_id}",
    "GET /v1/members",
    "GET /v1/members/{customer_id}",
    "GET /v1/members/{customer_id}/balance",
    "GET /v1/members/{customer_id}/lots",
    "GET /v1/members/{customer_id}/statement",
    "GET /v1/members/{customer_id}/why/balance",
    "GET /v1/members/{customer_id}/why/{name:path}",
    "GET /v1/members/{customer_id}/adjustments",
    "GET /v1/members/{customer_id}/tier",
    "GET /v1/members/{customer_id}/tier-grants",
    "GET /v1/tiers",
    "POST /v1/members/{customer_id}/spends",
    "POST /v1/members/{customer_id}/spends/{spend_id}/reversal",
    "GET /v1/members/{customer_id}/holds",
    "POST /v1/members/{customer_id}/holds",
    "POST /v1/members/{customer_id}/holds/{hold_id}/capture",
    "POST /v1/members/{customer_id}/holds/{hold_id}/release",
    "POST /v1/members/{customer_id}/transfers",
    "GET /v1/programme-schema",
    "GET /v1/programmes",
    "GET /v1/programmes/{programme_id}",
    "GET /v1/programmes/{programme_id}/versions",
    "GET /v1/programmes/{programme_id}/versions/{number}",
    "GET /v1/programmes/{programme_id}/difference",
    "GET /v1/rewards",
    "GET /v1/rewards/{reward_id}",
    "POST /v1/members/{customer_id}/redemptions",
    "GET /v1/redemptions",
    "GET /v1/redemptions/{redemption_id}",
    "POST /v1/redemptions/{redemption_id}/cancellation",
    "GET /v1/pools",
    "POST /v1/pools",
    "GET /v1/pools/{pool_id}",
    "GET /v1/pools/{pool_id}/balance",
    "GET /v1/members/{customer_id}/pool",
    "POST /v1/pools/{pool_id}/invitations",
    "POST /v1/pools/{pool_id}/invitations/{customer_id}/acceptance",
    "POST /v1/pools/{pool_id}/invitations/{customer_id}/end",
    "POST /v1/pools/{pool_id}/members/{customer_id}/departure",
    "POST /v1/pools/{pool_id}/dissolution",
    "POST /v1/pools/{pool_id}/spends",
    "POST /v1/pools/{pool_id}/spends/{spend_id}/reversal",
}
"""What a member may do with what is theirs. Nothing here makes points, or says what they are worth."""

ROUTES = {
    f"{method} {route.path}": route
    for router in SERVICE.routes
    for route in router.routes
    if isinstance(route, APIRoute)
    for method in route.methods or ()
}
SCHEMA = create_app(SERVICE).openapi()
ONE = str(UUID(int=77))
NAMES = {"customer_id": str(ANNA), "simulation_id": ONE, "redemption_id": ONE, "number": "1"}


def body_of(name: str) -> Any:
    """Return the body that the documentation of a route shows."""
    method, _, path = name.partition(" ")
    operation = SCHEMA["paths"][path.replace(":path}", "}")][method.lower()]
    for content in operation.get("requestBody", {}).get("content", {}).values():
        body = content["schema"]
        named = [body, *body.get("anyOf", [])]
        found = [SCHEMA["components"]["schemas"][item["$ref"].rpartition("/")[2]] for item in named if "$ref" in item]
        return next(item["examples"][0] for item in (content, body, *found) if "examples" in item)
    return None


async def answer(api: Api, name: str) -> httpx.Response:
    method, _, path = name.partition(" ")
    filled = re.sub(r"\{(\w+)(?::path)?\}", lambda place: NAMES.get(place[1], "one"), path)
    return await api.client.request(method, filled, json=body_of(name))


def test_each_route_that_is_open_is_there() -> None:
    assert OPEN - set(ROUTES) == set()


async def test_a_customers_own_token_reaches_no_route_that_isnt_open_to_it(api: Api) -> None:
    assert (await api.client.put(f"/v1/members/{ANNA}")).status_code == 201
    api.confine(ANNA)
    told = {name: refusal(await answer(api, name)) for name in sorted(set(ROUTES) - OPEN)}
    assert {name: found for name, found in told.items() if found != (404, "not-yours")} == {}
    assert len(told) >= 40


async def test_a_customers_own_token_reaches_each_route_that_is_open_to_it(api: Api) -> None:
    assert (await api.client.put(f"/v1/members/{ANNA}")).status_code == 201
    api.confine(ANNA)
    told = {name: await answer(api, name) for name in sorted(OPEN)}
    reached = {name: found.status_code for name, found in told.items() if refusal_of(found) == "not-yours"}
    assert reached == {}
    assert all(found.status_code < 500 for found in told.values())


def refusal_of(found: httpx.Response) -> str:
    """Return the code of the problem; "" for an answer that is none."""
    is_json = "json" in found.headers.get("content-type", "")
    body = found.json() if is_json else None
    return str(body.get("type", "")).rpartition("/")[2] if isinstance(body, dict) else ""
