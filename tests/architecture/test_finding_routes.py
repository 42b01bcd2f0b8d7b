"""The signpost before a service's routes leads where a walk past all of them would come to, whatever is asked."""

from collections.abc import Iterable
from typing import Any

import pytest
from fastapi.routing import APIRoute
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st
from starlette.routing import BaseRoute, Match
from starlette.types import Scope

from shared.http.app import create_app, routers
from shared.http.routing import Signpost
from tests.architecture.project import NAMES, service

METHODS = st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"])
VALUES = ["", "x", "a.b:c", "01a20db2-d109-7179-85d7-a28579cd97c1"]


def routes_of(name: str) -> list[APIRoute]:
    return [route for router in routers(service(name)) for route in router.routes if isinstance(route, APIRoute)]


def came_to(routes: Iterable[BaseRoute], scope: Scope) -> tuple[Match, Any, Any]:
    """Return what the router makes of routes: the first that takes all, else the first that takes the path."""
    partly: tuple[Match, Scope] = (Match.NONE, {})
    for route in routes:
        match, found = route.matches(dict(scope))
        if match is Match.FULL:
            return match, found["route"], found["path_params"]
        if match is Match.PARTIAL and partly[0] is Match.NONE:
            partly = (match, found)
    return partly[0], partly[1].get("route"), partly[1].get("path_params")


def paths(routes: list[APIRoute]) -> st.SearchStrategy[str]:
    """Paths of these routes, their parameters filled with anything, also with words of other paths; some go astray."""
    words = sorted({word for route in routes for word in route.path.split("/") if "{" not in word})
    filled = st.sampled_from([*VALUES, *words])

    def made(route: APIRoute) -> st.SearchStrategy[str]:
        parts = [filled if "{" in word else st.just(word) | filled for word in route.path.split("/")]
        return st.tuples(*parts, *[st.just(()) | filled.map(lambda word: (word,))]).map(
            lambda found: "/".join((*found[:-1], *found[-1]))
        )

    return st.sampled_from(routes).flatmap(made)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=400, deadline=None)
@for_all(st.data(), METHODS)
def test_the_signpost_leads_where_a_walk_past_all_routes_comes_to(name: str, data: st.DataObject, method: str) -> None:
    routes = routes_of(name)
    scope = {"type": "http", "method": method, "path": data.draw(paths(routes))}
    assert came_to([Signpost(routes)], scope) == came_to(routes, scope)


@pytest.mark.parametrize("name", NAMES)
def test_every_route_is_found_without_a_walk(name: str) -> None:
    first = create_app(service(name)).router.routes[0]
    for route in routes_of(name):
        for method in route.methods or ():
            scope = {"type": "http", "method": method, "path": route.path.replace("{", "").replace("}", "")}
            assert came_to([first], scope)[0] is Match.FULL, route.path


def test_a_word_that_leads_nowhere_as_itself_may_still_stand_for_any() -> None:
    async def answer() -> None: ...

    own = [APIRoute(path, answer) for path in ("/v1/mugs/latest/price", "/v1/mugs/{name}/stock", "/v1/{what:path}")]
    for path, place in (("/v1/mugs/latest/price", 0), ("/v1/mugs/latest/stock", 1), ("/v1/mugs/latest", 2)):
        found = came_to([Signpost(own)], {"type": "http", "method": "GET", "path": path})
        assert found[:2] == (Match.FULL, own[place])


def test_where_an_application_lies_below_a_path_or_a_path_breaks_its_line_the_walk_decides() -> None:
    routes = routes_of("loyalty")
    scope = {"type": "http", "method": "GET", "path": "/v1/members"}
    assert came_to([Signpost(routes)], scope)[0] is Match.FULL
    for astray in ({"root_path": "/v1"}, {"path": "/v1/members\n"}, {"type": "websocket"}):
        assert came_to([Signpost(routes)], {**scope, **astray})[0] is Match.NONE
