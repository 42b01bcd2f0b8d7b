"""A small load: keep-alive connections that send prepared requests one after another."""

import asyncio
import time
from collections.abc import Callable, Iterator

Request = Callable[[int], bytes]


async def requests_per_second(
    port: int, request: Request, numbers: Iterator[int], *, connections: int, count: int
) -> float:
    """Return answers a second; ValueError when one isn't a success."""
    left = iter(range(count))
    start = time.perf_counter()
    await asyncio.gather(*(_client(port, request, numbers, left) for _ in range(connections)))
    return count / (time.perf_counter() - start)


async def _client(port: int, request: Request, numbers: Iterator[int], left: Iterator[int]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for _ in left:
            writer.write(request(next(numbers)))
            head = await reader.readuntil(b"\r\n\r\n")
            lower = head.lower()
            place = lower.find(b"content-length:")
            length = int(lower[place + 15 : lower.find(b"\r\n", place)]) if place >= 0 else 0
            body = await reader.readexactly(length)
            if not head.startswith(b"HTTP/1.1 2"):
                raise ValueError(f"{head.splitlines()[0]!r} {body[:300]!r}")
    finally:
        writer.close()
