"""Every route has a scope, a version, and a documentation that shows how it is used."""

from typing import Any

import pytest
from fastapi.routing import APIRoute

from rapport.commands.token import ALL_SCOPES
from shared.http.app import create_app, routers, scope_of
from tests.architecture.project import NAMES, service

ROUTES = [
    (name, route)
    for name in NAMES
    for router in routers(service(name))
    for route in router.routes
    if isinstance(route, APIRoute)
]
EACH = pytest.mark.parametrize(("name", "route"), ROUTES, ids=lambda item: getattr(item, "name", item))


@pytest.mark.parametrize("name", NAMES)
def test_every_service_has_routes(name: str) -> None:
    assert any(owner == name for owner, _ in ROUTES)


def test_a_token_for_trying_things_out_reaches_every_route() -> None:
    assert {scope_of(route) for _, route in ROUTES} == set(ALL_SCOPES)


@EACH
def test_every_route_asks_for_a_scope_of_its_service(name: str, route: APIRoute) -> None:
    scope = scope_of(route)
    assert scope is not None, f"{route.path} asks for no scope"
    assert scope.partition(":")[0] == name


@EACH
def test_what_only_reads_asks_for_no_more_than_reading(name: str, route: APIRoute) -> None:
    if route.methods == {"GET"}:
        assert scope_of(route) == f"{name}:read"


@EACH
def test_every_path_has_a_version_and_every_operation_a_sentence(name: str, route: APIRoute) -> None:
    assert route.path.startswith("/v1/")
    assert route.description.endswith(".")


@pytest.mark.parametrize("name", NAMES)
def test_every_operation_documents_its_security_and_an_example_of_its_body(name: str) -> None:
    schema = create_app(service(name)).openapi()
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            assert operation.get("security"), f"{method} {path} documents no scope"
            for content in operation.get("requestBody", {}).get("content", {}).values():
                assert _has_example(content, schema), f"{method} {path} shows no example of its body"


@pytest.mark.parametrize("name", NAMES)
def test_no_two_operations_share_a_name(name: str) -> None:
    names = [route.name for owner, route in ROUTES if owner == name]
    assert len(names) == len(set(names))


def _has_example(content: dict[str, Any], schema: dict[str, Any]) -> bool:
    if {"example", "examples"} & content.keys():
        return True
    body = content["schema"]
    named = body.get("$ref", "").rpartition("/")[2]
    found = schema["components"]["schemas"][named] if named else body
    return bool({"example", "examples"} & found.keys())
