"""Many listeners on one process: raw sockets that open a feed and read no more than they are told to."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

import psutil


class Socket(NamedTuple):
    """One open feed."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


@asynccontextmanager
async def listeners(
    port: int, path: str, token: str, count: int, *, headers: str = ""
) -> AsyncIterator[Sequence[Socket]]:
    """Open `count` feeds, each of which has begun when this yields; `headers` are lines of their own."""
    request = f"GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n{headers}\r\n".encode()
    turn = asyncio.Semaphore(50)

    async def one() -> Socket:
        async with turn:
            found = Socket(*await asyncio.open_connection("127.0.0.1", port))
            found.writer.write(request)
            head = await found.reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                raise ConnectionError(head.decode())
            await found.reader.readuntil(b"\n\n")
            return found

    opened = await asyncio.gather(*(one() for _ in range(count)))
    try:
        yield opened
    finally:
        for socket in opened:
            socket.writer.close()


def own_memory_mib(pid: int) -> float:
    """Return what would be free if the process ended (its proportional set, where the system tells it)."""
    memory = psutil.Process(pid).memory_full_info()
    return float(getattr(memory, "pss", memory.rss)) / 2**20
