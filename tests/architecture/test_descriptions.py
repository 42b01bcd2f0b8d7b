"""What an operation answers, takes and asks for stands in its description, whoever wrote its route."""

from typing import Any

import pytest
from fastapi.routing import APIRoute

from shared.http.app import create_app, routers
from shared.http.problems import MEDIA_TYPE
from tests.architecture.project import NAMES, service

OPERATIONS: list[Any] = [
    pytest.param(method, operation, id=f"{method}-{path}")
    for name in NAMES
    for path, operations in create_app(service(name)).openapi()["paths"].items()
    for method, operation in operations.items()
]
EACH = pytest.mark.parametrize(("method", "operation"), OPERATIONS)


def parameters(operation: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {item["name"]: item for item in operation.get("parameters", ())}


@EACH
def test_every_refusal_that_the_kit_makes_is_described_as_a_problem(method: str, operation: dict[str, Any]) -> None:
    refusals = {status: answer for status, answer in operation["responses"].items() if status >= "400"}
    expected = {"400", "401", "403", "422", "503"}
    expected |= {"413", "415"} if "requestBody" in operation else set()
    expected |= {"409"} if method in ("post", "put") else set()
    assert expected <= refusals.keys()
    assert all(list(answer["content"]) == [MEDIA_TYPE] for answer in refusals.values())
    assert "Retry-After" in refusals["503"]["headers"]


@EACH
def test_headers_that_are_read_are_described(method: str, operation: dict[str, Any]) -> None:
    named, answers = parameters(operation), operation["responses"]
    assert ("Idempotency-Key" in named) == (method == "post")
    assert ("If-Match" in named) == ("412" in answers)
    assert "If-Match" not in named or named["If-Match"]["required"] == ("428" in answers)
    assert ("If-None-Match" in named) == ("304" in answers)


@EACH
def test_a_repeat_is_described_with_the_body_of_the_first_time(method: str, operation: dict[str, Any]) -> None:
    answers = operation["responses"]
    first = next((answers[status] for status in ("201", "202") if status in answers), None)
    if first and "200" in answers:
        assert answers["200"]["content"] == first["content"]


@pytest.mark.parametrize(
    ("name", "path", "filters"),
    [
        ("tickets", "/v1/tickets", {"filter[status]", "filter[next_due_at][lt]", "filter[status][ne]"}),
        ("loyalty", "/v1/members", {"filter[balance][gte]"}),
        ("scoring", "/v1/activity", {"filter[activity]"}),
        ("contact", "/v1/customers/{customer_id}/timeline", {"filter[occurred_at][gt]", "as_of"}),
    ],
)
def test_a_list_describes_its_filters_sorts_pages_and_the_wait_for_ones_own_write(
    name: str, path: str, filters: set[str]
) -> None:
    operation = create_app(service(name)).openapi()["paths"][path]["get"]
    assert (
        filters | {"sort", "page[size]", "page[after]", "Consistency-Token", "Prefer"} <= parameters(operation).keys()
    )


@pytest.mark.parametrize("name", NAMES)
def test_who_calls_is_asked_before_anything_else_is_read(name: str) -> None:
    routes = [route for router in routers(service(name)) for route in router.routes if isinstance(route, APIRoute)]
    late = [route.path for route in routes if not hasattr(route.dependant.dependencies[0].call, "scope")]
    assert late == []
