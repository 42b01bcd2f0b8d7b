"""A TCP proxy for tests: a network between a client and a server that can be cut, slowed down, or go deaf."""

import asyncio
import socket
import struct
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from shared.stack.ports import LOOPBACK

Target = tuple[str, int] | Path
"""A TCP address, or the path of a Unix socket."""

NEXT = 1e-6
"""Seconds between two chunks that would be due at once, so that their order is kept."""

_AT_ONCE = struct.pack("ii", 1, 0)
"""SO_LINGER: what closes so sends RST, and what it still held is lost."""


class Towards(StrEnum):
    """A direction of a connection."""

    SERVER = "server"
    CLIENT = "client"


class Proxy:
    """One route to one server: give clients its `port` for the server's own address.

    It starts by letting everything pass. What is done to it holds for the
    connections that are open and for new ones, until `let_pass`.
    """

    def __init__(self, target: Target, *, port: int = 0) -> None:
        self.target = target
        self.port = port
        self.delay = 0.0
        self.swallowing: frozenset[Towards] = frozenset()
        self.ends: set[_End] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> int:
        """Listen on loopback, on the same port each time; return it."""
        if self._server is None:
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(lambda: _End(self, Towards.SERVER), LOOPBACK, self.port)
            self.port = int(self._server.sockets[0].getsockname()[1])
        return self.port

    async def let_pass(self) -> None:
        """Be a plain wire again. Connections that have lost bytes stay deaf, as after a router has forgotten them."""
        self.delay = 0.0
        self.swallowing = frozenset()
        await self.start()

    def cut(self) -> int:
        """Reset all open connections at both ends; new ones pass. Return how many ends there were."""
        ends = list(self.ends)
        for end in ends:
            end.reset()
        return len(ends)

    def slow_down(self, seconds: float) -> None:
        """Let every chunk arrive so much later, in either direction."""
        self.delay = seconds

    def swallow(self, *towards: Towards) -> None:
        """Let nothing arrive in these directions, in both by default, and tell nobody: connections stay open."""
        self.swallowing = frozenset(towards or Towards)
        for end in self.ends:
            end.deaf = end.deaf or end.towards in self.swallowing

    def refuse(self) -> None:
        """Reset all open connections, and refuse new ones as a host without a server does."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.cut()

    async def stop(self) -> None:
        """Close everything."""
        self.refuse()
        await asyncio.sleep(0)  # the transports close in the loop's next round


class _End(asyncio.Protocol):
    """One end of a connection: what comes in here goes out at the other end, towards the server or the client."""

    def __init__(self, proxy: Proxy, towards: Towards, other: "_End | None" = None) -> None:
        self._proxy = proxy
        self.towards = towards
        self.deaf = towards in proxy.swallowing
        self._other = other
        self._transport: asyncio.Transport | None = None
        self._due = 0.0
        self._connecting: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - what a stream server hands over
        self._transport = transport
        self._proxy.ends.add(self)
        if self._other is None:
            transport.pause_reading()
            self._connecting = asyncio.get_running_loop().create_task(self._connect())

    async def _connect(self) -> None:
        """Reach the server, on behalf of the client that has just come."""
        loop, target = asyncio.get_running_loop(), self._proxy.target
        other = self._other = _End(self._proxy, Towards.CLIENT, self)
        try:
            if isinstance(target, Path):
                await loop.create_unix_connection(lambda: other, str(target))
            else:
                await loop.create_connection(lambda: other, *target)
        except OSError:
            self.reset()
            return
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()
        else:
            other.reset()

    def data_received(self, data: bytes) -> None:
        if not self.deaf:
            self._later(lambda other: other.write(data))

    def connection_lost(self, exc: Exception | None) -> None:
        self._proxy.ends.discard(self)
        if not self.deaf:
            self._later(lambda other: other.reset() if exc else other.close())

    def pause_writing(self) -> None:
        if self._other is not None and self._other._transport is not None:
            self._other._transport.pause_reading()

    def resume_writing(self) -> None:
        other = self._other._transport if self._other is not None else None
        if other is not None and not other.is_closing():
            other.resume_reading()

    def _later(self, arrive: Callable[["_End"], None]) -> None:
        """Let it arrive at the other end after the delay, in order; then it may have become lost."""
        if self._other is None:
            return
        loop, other = asyncio.get_running_loop(), self._other
        now = loop.time()
        if not self._proxy.delay and self._due <= now:
            arrive(other)
            return
        self._due = max(now + self._proxy.delay, self._due + NEXT)
        loop.call_at(self._due, lambda: None if self.deaf else arrive(other))

    def write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def reset(self) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        plain: socket.socket = self._transport.get_extra_info("socket")
        if plain.family != socket.AF_UNIX:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        self._transport.abort()
