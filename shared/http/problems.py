"""Problem answers (RFC 9457): what happened, why, and what to do, for people and for programs."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import asyncpg
import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from shared.errors import Conflict, Invalid, Rejected, Unproven
from shared.telemetry.log import logger

log = logger("http")

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = "1"


class FieldProblem(BaseModel):
    """One fault of the input."""

    field: str = Field(description="Where it is, such as `purchase.amount`.")
    message: str


class Problem(BaseModel):
    """An answer that says no (RFC 9457)."""

    type: str = Field(description="A stable reference; its last part is the problem's code.")
    title: str
    status: int
    detail: str = Field(description="What happened, and what to do.")
    instance: str = Field(description="The path that was asked.")
    errors: list[FieldProblem] = Field(default=[], description="The faults of the input, one for each field.")
    trace_id: str | None = Field(default=None, description="Name it when you report the problem.")


EXPLAINED = {
    200: "It was so already: nothing has changed.",
    304: "It is still as you have it.",
    400: "The request can't be read.",
    401: "No valid token came with the request.",
    403: "The token lacks the scope.",
    404: "It isn't there, or isn't yours.",
    406: "None of the media types that are offered is accepted.",
    409: "A rule said no; the detail says which.",
    412: "It has changed since you read it.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    422: "The input is invalid.",
    428: "The request must carry If-Match.",
    503: "Not now; try again after Retry-After seconds.",
}


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of a route that may answer so, beside what any route may (`shared.http.describing.py`).

    200 is for a route that creates: what it answers to a repeat.
    """
    return {status: {"description": EXPLAINED[status]} for status in sorted(statuses)}


def problem(
    request: Request,
    status: int,
    code: str,
    detail: str,
    *,
    errors: Sequence[tuple[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a problem answer. `detail` and `errors` must not repeat what the caller sent in clear text."""
    body = {
        "type": f"/problems/{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": request.url.path,
        "errors": [{"field": field, "message": message} for field, message in errors],
        "trace_id": request.scope.get("rapport.request_id"),
    }
    return Response(msgspec.json.encode(body), status, dict(headers or {}), MEDIA_TYPE)


def unavailable(request: Request, code: str, detail: str) -> Response:
    """Return 503 with Retry-After."""
    return problem(request, 503, code, detail, headers={"Retry-After": RETRY_SECONDS})


async def _rejected(request: Request, error: Exception) -> Response:
    assert isinstance(error, Rejected)  # noqa: S101 - registered for this type below
    return problem(request, error.status, error.code, error.detail)


async def _unproven(request: Request, error: Exception) -> Response:
    assert isinstance(error, Unproven)  # noqa: S101 - as above
    challenge = (
        'Bearer realm="rapport", error="insufficient_user_authentication",'
        ' error_description="A different authentication level is required",'
        f' acr_values="{" ".join(error.acr_values)}", max_age="{error.max_age}"'
    )
    return problem(request, error.status, error.code, error.detail, headers={"WWW-Authenticate": challenge})


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, Invalid)  # noqa: S101 - as above
    return problem(request, 422, "invalid", "The input is invalid: mend the fields named.", errors=error.problems)


async def _validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
    found = error.errors()
    if any(item["type"] == "json_invalid" for item in found):
        return problem(request, 400, "unreadable", "The body is not JSON (RFC 8259, UTF-8).")
    errors = [(".".join(map(str, item["loc"][1:] or item["loc"])), item["msg"]) for item in found]
    return problem(request, 422, "invalid", "The input is invalid: mend the fields named.", errors=errors)


async def _conflict(request: Request, error: Exception) -> Response:
    if "if-match" in request.headers:
        return problem(request, 412, "changed", "It has changed since you read it: read it again, and decide again.")
    return problem(request, 409, "busy", "Others change it at the same time: try again.", headers={"Retry-After": "1"})


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
    detail = {
        404: "There is nothing here: see /docs for what there is.",
        405: "This path takes other methods: see the Allow header.",
    }.get(error.status_code, str(error.detail))
    return problem(request, error.status_code, code, detail, headers=error.headers)


async def _database(request: Request, error: Exception) -> Response:
    log.warning("database.unavailable", error=type(error).__name__)
    return unavailable(
        request, "database-unavailable", "The database can't be reached now. Nothing was lost: try again."
    )


def unexpected(request: Request, error: Exception) -> Response:
    """Return 500, and write the error to the log: its inside is not for the caller."""
    route = getattr(request.scope.get("route"), "path", None)
    log.error("request.failed", exc_info=error, route=route, request_id=request.scope.get("rapport.request_id"))
    return problem(request, 500, "unexpected", "Something failed on our side. Report the trace_id.")


def install(app: FastAPI) -> None:
    """Let every error of the application end in a problem answer."""
    for kind, handler in (
        (Rejected, _rejected),
        (Unproven, _unproven),
        (Invalid, _invalid),
        (RequestValidationError, _validation),
        (Conflict, _conflict),
        (HTTPException, _http),
        (OSError, _database),
        (TimeoutError, _database),
        (asyncpg.PostgresConnectionError, _database),
        (asyncpg.InterfaceError, _database),
        (asyncpg.InternalClientError, _database),  # how asyncpg calls a connection that broke between two messages
        (asyncpg.OperatorInterventionError, _database),  # it starts, stops, or has crashed
        (asyncpg.InsufficientResourcesError, _database),  # its disk is full, or it has too many connections
        (asyncpg.PostgresSystemError, _database),  # its disk fails
        (asyncpg.IdleInTransactionSessionTimeoutError, _database),  # it took this session for abandoned
        (asyncpg.ReadOnlySQLTransactionError, _database),  # it is a copy that hasn't taken over yet
    ):
        app.add_exception_handler(kind, handler)
