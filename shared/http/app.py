"""The HTTP application of a service: its routes, and everything that each of them gets for nothing."""

from collections.abc import Awaitable, Callable, Sequence
from importlib.resources import files
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.routing import APIRoute
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, JSONResponse
from starlette.staticfiles import StaticFiles

from shared.http import problems
from shared.http.auth import Unauthenticated
from shared.http.calls import Forbidden, MatchMissing
from shared.http.describing import complete
from shared.http.feed import feed_router
from shared.http.gate import Gate
from shared.http.kit import Kit
from shared.http.problems import problem
from shared.http.routing import Signpost
from shared.service import Service

HEALTH = ("/livez", "/readyz", "/startupz")


def create_app(service: Service, kit: Kit | None = None) -> FastAPI:
    """Return the service's application. Without a kit it can only describe itself (`app.openapi()`)."""
    app = FastAPI(
        title=f"Rapport {service.title}",
        description=service.summary,
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        middleware=[Middleware(Gate, readiness=kit.readiness if kit else None)],
    )
    app.state.kit = kit
    problems.install(app)
    app.add_exception_handler(Unauthenticated, _unauthenticated)
    app.add_exception_handler(Forbidden, _forbidden)
    app.add_exception_handler(MatchMissing, _match_missing)
    app.add_exception_handler(405, _method_not_allowed(service))
    for router in routers(service):
        for route in router.routes:
            if isinstance(route, APIRoute):
                _secure(route)
            app.router.routes.append(route)  # itself: an included router would be asked first, at each request
    app.router.routes.insert(0, Signpost(route for route in app.router.routes if isinstance(route, APIRoute)))
    _describe_security(app)
    _documentation(app, service)
    if kit is not None:
        _health(app, kit)
    return app


def routers(service: Service) -> Sequence[APIRouter]:
    """Return the service's own routes, and those that the kernel gives to every service."""
    return (*service.routes, feed_router(service))


def scope_of(route: APIRoute) -> str | None:
    """Return the scope that a route asks for, or None where it forgot to."""
    found = (getattr(item.call, "scope", None) for item in route.dependant.dependencies)
    return next((scope for scope in found if isinstance(scope, str)), None)


def _secure(route: APIRoute) -> None:
    route.unique_id = route.name
    route.openapi_extra = {**(route.openapi_extra or {}), "security": [{"bearer": [scope_of(route)]}]}


def _describe_security(app: FastAPI) -> None:
    made = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema:
            return app.openapi_schema
        schema = complete(made())
        schemes = schema.setdefault("components", {}).setdefault("securitySchemes", {})
        schemes["bearer"] = {
            "type": "http",
            "scheme": "bearer",
            "description": "An OIDC access token with the operation's scope; in development, `rapport token`.",
        }
        return schema

    app.openapi = described  # type: ignore[method-assign] # FastAPI's own way to extend the schema


def _documentation(app: FastAPI, service: Service) -> None:
    """Serve Swagger UI from the package, so that the page works without the internet."""
    folder = files("fastapi_swagger") / "resources"
    app.mount("/docs/assets", StaticFiles(directory=str(folder)), name="docs-assets")

    async def docs(_: Request) -> HTMLResponse:
        return get_swagger_ui_html(
            openapi_url="/openapi.json",
            title=f"Rapport {service.title}",
            swagger_js_url="/docs/assets/swagger-ui-bundle.js",
            swagger_css_url="/docs/assets/swagger-ui.css",
            swagger_favicon_url="data:,",
        )

    app.add_route("/docs", docs, include_in_schema=False)


def _health(app: FastAPI, kit: Kit) -> None:
    async def livez(_: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def startupz(_: Request) -> Response:
        started = kit.readiness.started
        return JSONResponse({"status": "started" if started else "starting"}, 200 if started else 503)

    async def readyz(_: Request) -> Response:
        missing = await kit.readiness.missing()
        return JSONResponse(
            {"status": "not ready" if missing else "ready", "missing": missing}, 503 if missing else 200
        )

    for path, endpoint in zip(HEALTH, (livez, readyz, startupz), strict=True):
        app.add_route(path, endpoint, include_in_schema=False)


def _method_not_allowed(service: Service) -> Callable[[Request, Exception], Awaitable[Response]]:
    """Return the handler that lists every method of the path, of whichever route."""
    routes = [route for router in routers(service) for route in router.routes if isinstance(route, APIRoute)]

    async def answer(request: Request, _: Exception) -> Response:
        path = request.url.path
        methods = {method for route in routes if route.path_regex.match(path) for method in route.methods or ()}
        detail = "This path takes other methods: see the Allow header."
        headers = {"Allow": ", ".join(sorted(methods or {"GET"}))}
        return problem(request, 405, "method-not-allowed", detail, headers=headers)

    return answer


async def _unauthenticated(request: Request, error: Exception) -> Response:
    return problem(request, 401, "unauthenticated", str(error), headers={"WWW-Authenticate": 'Bearer realm="rapport"'})


async def _forbidden(request: Request, error: Exception) -> Response:
    return problem(request, 403, "scope-missing", f"The token lacks the scope {error}: ask for one that has it.")


async def _match_missing(request: Request, error: Exception) -> Response:
    return problem(
        request, 428, "if-match-missing", "Read it first, and send its ETag as If-Match: the command depends on it."
    )
