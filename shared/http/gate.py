"""The gate: one plain ASGI layer around every request: its id, its limits, its time, its metrics."""

import asyncio
import re
import time
from functools import cache
from secrets import token_hex
from typing import Any

import msgspec
from prometheus_client import Counter, Histogram
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.http.problems import problem, unavailable, unexpected
from shared.http.readiness import Readiness
from shared.privacy.personal import PREFIX
from shared.telemetry.http import REQUESTS, SECONDS

BODY_BYTES = 256 * 1024
BATCH_BYTES = 4 * 1024 * 1024
DEPTH = 32
TIMEOUT_SECONDS = 30.0
NOT_BEGUN = 0
BATCH_SUFFIX = ":batch"

_SEALED = PREFIX.encode()
SEALED_TEXT = f"Texts must not hold {PREFIX!r}: so begin the values that Rapport has sealed."

_REQUEST_ID = re.compile(rb"^[A-Za-z0-9._-]{1,64}$")
_SECURITY = [
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
]
_CLOSE = (b"connection", b"close")


class Refused(Exception):
    """The request is refused before any route sees it."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail


class Gate:
    """Wraps an application. The whole body is read here, so a route never waits for a slow sender."""

    def __init__(self, app: ASGIApp, readiness: Readiness | None = None) -> None:
        self._app = app
        self._readiness = readiness or Readiness()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or answer it here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start = time.perf_counter()
        headers = dict(scope["headers"])
        scope["rapport.request_id"] = request_id = _request_id(headers)
        status = NOT_BEGUN

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *_SECURITY, (b"x-request-id", request_id.encode())]
                if self._readiness.draining:
                    # Closed after an answer that says so, a connection can't be chosen for another request.
                    message["headers"].append(_CLOSE)
            await send(message)

        try:
            async with asyncio.timeout(TIMEOUT_SECONDS) as deadline:
                scope["rapport.deadline"] = deadline  # a feed, which has a life of its own, takes it away
                await self._enter(scope, headers, receive, answer)
        except TimeoutError:
            response = unavailable(
                Request(scope), "timeout", f"It took longer than {TIMEOUT_SECONDS:.0f} s: try again."
            )
            await response(scope, receive, answer)
        except Exception as error:
            if status != NOT_BEGUN:
                raise
            await unexpected(Request(scope), error)(scope, receive, answer)
        finally:
            seconds, requests = _metrics(getattr(scope.get("route"), "path", "none"), scope["method"], status // 100)
            seconds.observe(time.perf_counter() - start)
            requests.inc()

    async def _enter(self, scope: Scope, headers: dict[bytes, bytes], receive: Receive, answer: Send) -> None:
        if PREFIX in scope["path"]:
            await problem(Request(scope), 422, "sealed-text", SEALED_TEXT)(scope, receive, answer)
            return
        if scope["method"] in ("GET", "HEAD", "OPTIONS", "DELETE"):
            await self._app(scope, receive, answer)
            return
        try:
            body = await _body(scope, headers, receive)
            _check(scope, headers, body)
        except Refused as error:
            await problem(Request(scope), error.status, error.code, error.detail)(scope, receive, answer)
            return
        scope["rapport.body"] = body
        sent = False

        async def replay() -> Message:
            nonlocal sent
            if sent:
                return await receive()
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, replay, answer)


@cache
def _metrics(route: str, method: str, status_class: int) -> tuple[Histogram, Counter]:
    """Return the metrics of one set of labels; a look-up by labels takes a lock."""
    return SECONDS.labels(route, method), REQUESTS.labels(route, method, f"{status_class}xx")


def _request_id(headers: dict[bytes, bytes]) -> str:
    given = headers.get(b"x-request-id", b"")
    return given.decode() if _REQUEST_ID.match(given) else token_hex(16)


async def _body(scope: Scope, headers: dict[bytes, bytes], receive: Receive) -> bytes:
    most = BATCH_BYTES if scope["path"].endswith(BATCH_SUFFIX) else BODY_BYTES
    too_large = Refused(413, "too-large", f"The body may hold {most >> 10} KiB: send less, or in several requests.")
    length = headers.get(b"content-length", b"0")
    if not length.isdigit() or int(length) > most:
        raise too_large
    body: bytes = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused(400, "disconnected", "The connection ended before the body did.")
        body += message.get("body", b"")
        if len(body) > most:
            raise too_large
        if not message.get("more_body", False):
            return body


def _check(scope: Scope, headers: dict[bytes, bytes], body: bytes) -> None:
    """Refuse what is not JSON that PostgreSQL can keep: no NUL, no lone surrogates, no NaN, no deep nesting."""
    if not body:
        return
    if headers.get(b"content-type", b"").split(b";")[0].strip().lower() != b"application/json":
        raise Refused(415, "unsupported-media-type", "Send application/json.")
    if scope["path"].endswith(BATCH_SUFFIX):
        return  # each item is read by itself, so that one that can't be read spoils no other
    try:
        decoded = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Refused(400, "unreadable", f"The body is not JSON (RFC 8259, UTF-8): {error}") from None
    except RecursionError:
        raise Refused(400, "too-deep", f"The JSON may be nested {DEPTH} levels deep.") from None
    if body.count(b"{") + body.count(b"[") > DEPTH and _depth(decoded, 0) > DEPTH:
        raise Refused(400, "too-deep", f"The JSON may be nested {DEPTH} levels deep.")
    if b"\\u0000" in body and _has(decoded, "\x00"):
        raise Refused(422, "nul-character", "Texts must not hold the NUL character.")
    # An escape may hide any character of it.
    if _SEALED in body or (b"\\u" in body and _has(decoded, PREFIX)):
        raise Refused(422, "sealed-text", SEALED_TEXT)


def _depth(value: Any, depth: int) -> int:
    if depth > DEPTH or not isinstance(value, dict | list):
        return depth
    items = value.values() if isinstance(value, dict) else value
    return max((_depth(item, depth + 1) for item in items), default=depth + 1)


def _has(value: Any, text: str) -> bool:
    if isinstance(value, str):
        return text in value
    if isinstance(value, dict):
        return any(_has(item, text) for pair in value.items() for item in pair)
    return isinstance(value, list) and any(_has(item, text) for item in value)
