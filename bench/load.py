"""A small load: keep-alive connections that send prepared requests, one after another or at a rate."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager

from bench.open_loop import at_rate

Request = Callable[[int], bytes]


class Connection:
    """One kept connection; one request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, port: int) -> "Connection":
        """Connect to a port of the loopback address."""
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def ask(self, request: bytes) -> bytes:
        """Send a request and return the answer's body. ValueError: it isn't a success."""
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        lower = head.lower()
        place = lower.find(b"content-length:")
        length = int(lower[place + 15 : lower.find(b"\r\n", place)]) if place >= 0 else 0
        body = await self._reader.readexactly(length)
        if not head.startswith(b"HTTP/1.1 2"):
            raise ValueError(f"{head.splitlines()[0]!r} {body[:300]!r}")
        return body

    def close(self) -> None:
        """Close it."""
        self._writer.close()


class Door:
    """Kept connections to a port, used in turn; whoever finds none free waits for one."""

    def __init__(self, port: int, connections: int) -> None:
        self._port = port
        self._connections = connections
        self._free: asyncio.Queue[Connection] = asyncio.Queue()
        self._open: list[Connection] = []

    async def __aenter__(self) -> "Door":
        """Open them."""
        for _ in range(self._connections):
            self._free.put_nowait(await self._another())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close them."""
        for connection in self._open:
            connection.close()

    async def ask(self, request: bytes) -> None:
        """Ask over a free connection; one on which something fails is replaced.

        When the server closes an idle one as the request comes, it is asked
        again over another, as any HTTP client does with what is idempotent (RFC
        9112, 9.3.1), and all that is sent here is.
        """
        connection = await self._free.get()
        try:
            try:
                await connection.ask(request)
            except (ConnectionError, asyncio.IncompleteReadError):
                connection = await self._instead_of(connection)
                await connection.ask(request)
        except BaseException:
            connection = await self._instead_of(connection)
            raise
        finally:
            self._free.put_nowait(connection)

    async def _instead_of(self, connection: Connection) -> Connection:
        connection.close()
        self._open.remove(connection)
        return await self._another()

    async def _another(self) -> Connection:
        connection = await Connection.open(self._port)
        self._open.append(connection)
        return connection


@asynccontextmanager
async def connected(ports: Sequence[int], count: int) -> AsyncIterator[list[Connection]]:
    """Open `count` connections, in turn to each of the ports."""
    opened = [await Connection.open(ports[number % len(ports)]) for number in range(count)]
    try:
        yield opened
    finally:
        for connection in opened:
            connection.close()


async def requests_per_second(
    ports: Sequence[int], request: Request, numbers: Iterator[int], *, connections: int, count: int
) -> float:
    """Return answers a second of a closed loop, in which each connection waits for its answer before it asks again."""
    left = iter(range(count))

    async def client(connection: Connection) -> None:
        for _ in left:
            await connection.ask(request(next(numbers)))

    async with connected(ports, connections) as opened:
        start = time.perf_counter()
        await asyncio.gather(*(client(connection) for connection in opened))
        return count / (time.perf_counter() - start)


async def latencies_at(
    port: int, request: Request, numbers: Iterator[int], *, rate: float, seconds: float, connections: int
) -> list[float]:
    """Return the seconds from each request's time to its answer, in an open loop.

    A request that finds no connection free waits for one, and that counts too.
    """
    async with Door(port, connections) as door:
        return await at_rate(lambda _: door.ask(request(next(numbers))), rate=rate, seconds=seconds)
