"""A listener over a real socket, and a server to listen to: in-process HTTP clients only see whole answers."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from typing import Any

import httpx
import uvicorn
from starlette.types import ASGIApp

from shared.stack.ports import free_ports


@asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[str]:
    """Serve `app` on a free port; yield its address."""
    port = free_ports(1)[0]
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, lifespan="off", access_log=False)
    server = uvicorn.Server(config)
    server.capture_signals = nullcontext  # type: ignore[assignment] # the test's process keeps its own
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task


class Listening:
    """What one listener has heard: the events, and the id of the last block."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.events: list[dict[str, Any]] = []
        self.ids: list[str] = []
        self.last_id: str | None = None
        self._lines = response.aiter_lines()

    async def block(self) -> dict[str, Any] | None:
        """Read one block and return its event; None for a block without one. EOFError at the feed's end."""
        data = None
        async for line in self._lines:
            name, _, value = line.partition(": ")
            if not line:
                break
            if name == "id":
                self.last_id = value
            elif name == "data":
                data = json.loads(value)
        else:
            raise EOFError
        if data is not None:
            self.events.append(data)
            self.ids.append(str(self.last_id))
        return data

    async def hear(self, count: int, *, seconds: float = 10) -> list[str]:
        """Read until `count` events have been heard; return the names of all."""
        async with asyncio.timeout(seconds):
            while len(self.events) < count:
                await self.block()
        return [event["id"] for event in self.events]

    async def end(self, *, seconds: float = 10) -> None:
        """Read until the feed ends by itself."""
        async with asyncio.timeout(seconds):
            try:
                while True:
                    await self.block()
            except (EOFError, httpx.RemoteProtocolError):
                return


@asynccontextmanager
async def listening(url: str, headers: dict[str, str], last_event_id: str | None = None) -> AsyncIterator[Listening]:
    """Open a feed; it has begun when this yields."""
    sent = headers if last_event_id is None else {**headers, "Last-Event-ID": last_event_id}
    async with httpx.AsyncClient(timeout=30) as client, client.stream("GET", url, headers=sent) as response:
        assert response.status_code == 200, await response.aread()
        heard = Listening(response)
        await heard.block()
        yield heard
