"""The operators' door of a process: /metrics and the health answers, on a port of its own."""

import asyncio
import json

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.types import Receive, Scope, Send

from shared.http.readiness import Readiness


class OperatorsDoor:
    """A small ASGI application; it has no other way in, and no secrets to give away."""

    def __init__(self, readiness: Readiness) -> None:
        self._readiness = readiness

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer /metrics, /livez, /startupz and /readyz."""
        if scope["type"] != "http":
            return
        status, kind, body = await self._answer(scope["path"])
        headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, path: str) -> tuple[int, str, bytes]:
        match path:
            case "/metrics":
                return 200, CONTENT_TYPE_LATEST, await asyncio.to_thread(generate_latest)
            case "/livez":
                return 200, "application/json", b'{"status":"alive"}'
            case "/startupz":
                return (200 if self._readiness.started else 503), "application/json", b"{}"
            case "/readyz":
                missing = await self._readiness.missing()
                return (503 if missing else 200), "application/json", json.dumps({"missing": missing}).encode()
            case _:
                return 404, "text/plain", b"/metrics /livez /readyz /startupz"
