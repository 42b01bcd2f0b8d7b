"""Requests without a server: what the kit reads of them can be fuzzed by bytes alone."""

from typing import Any
from urllib.parse import quote

from starlette.requests import Request

from shared.clock import system_clock
from shared.http.auth import Caller
from shared.http.calls import Call
from shared.settings import KernelSettings

SETTINGS = KernelSettings(kafka_bootstrap_servers="127.0.0.1:1")


class _Kit:
    """As much of a kit as reading a request needs."""

    settings = SETTINGS
    clock = staticmethod(system_clock)


def call(*, headers: dict[str, bytes] | None = None, query: bytes = b"", method: str = "GET") -> Call:
    """Return the call of a request with these headers and this query, as a server would hand it over."""
    kit: Any = _Kit()
    return Call(Request(scope(headers or {}, query, method)), kit, Caller("someone", frozenset(), 0.0))


def scope(headers: dict[str, bytes], query: bytes, method: str = "GET") -> dict[str, Any]:
    """Return the ASGI scope of a request."""
    return {
        "type": "http",
        "method": method,
        "path": "/v1/things",
        "raw_path": b"/v1/things",
        "query_string": quote(query, safe="%=&[]+").encode(),
        "headers": [(name.lower().encode(), value) for name, value in headers.items()],
    }
