"""The proxy between a client and a server: what passes, and what each fault does to either side."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.testing.proxy import Proxy, Towards


class Echo:
    """A server that answers each line, and notes what it heard and how its connections ended."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.ended: list[str] = []
        self.writers: list[asyncio.StreamWriter] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        try:
            while line := await reader.readline():
                self.heard.append(line)
                writer.write(line)
            self.ended.append("closed")
        except ConnectionResetError:
            self.ended.append("reset")
        writer.close()


@pytest.fixture
async def echo() -> Echo:
    return Echo()


@pytest.fixture
async def proxy(echo: Echo) -> AsyncIterator[Proxy]:
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    proxy = Proxy(server.sockets[0].getsockname())
    await proxy.start()
    yield proxy
    await proxy.stop()
    server.close()
    for writer in echo.writers:
        writer.close()


class Client:
    """A client of the proxy."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def of(cls, proxy: Proxy) -> "Client":
        return cls(*await asyncio.open_connection("127.0.0.1", proxy.port))

    async def asks(self, line: bytes) -> bytes:
        self.writer.write(line)
        return await self.hears()

    async def hears(self) -> bytes:
        async with asyncio.timeout(10):
            return await self.reader.readline()

    async def is_deaf(self) -> bool:
        try:
            async with asyncio.timeout(0.1):
                await self.reader.readline()
        except TimeoutError:
            return True
        return False


async def until(found: object, holds: object) -> None:
    for _ in range(1000):
        if found == holds:
            return
        await asyncio.sleep(0.005)
    assert found == holds


async def test_what_is_sent_passes_in_both_directions_and_so_does_the_end(proxy: Proxy, echo: Echo) -> None:
    client = await Client.of(proxy)
    assert [await client.asks(b"%d\n" % number) for number in range(3)] == [b"0\n", b"1\n", b"2\n"]
    client.writer.close()
    await until(echo.ended, ["closed"])
    assert not proxy.ends


async def test_much_passes_unharmed(proxy: Proxy) -> None:
    client = await Client.of(proxy)
    lines = [b"%08d" % number * 100 + b"\n" for number in range(3000)]
    client.writer.writelines(lines)
    assert [await client.hears() for _ in lines] == lines
    client.writer.close()


async def test_a_cut_resets_both_ends_and_new_connections_pass(proxy: Proxy, echo: Echo) -> None:
    client = await Client.of(proxy)
    await client.asks(b"1\n")
    assert proxy.cut() == 2
    with pytest.raises(ConnectionResetError):
        await client.hears()
    await until(echo.ended, ["reset"])
    again = await Client.of(proxy)
    assert await again.asks(b"2\n") == b"2\n"
    again.writer.close()


async def test_a_delay_lets_all_arrive_later_and_in_order(proxy: Proxy) -> None:
    client = await Client.of(proxy)
    loop = asyncio.get_running_loop()
    proxy.slow_down(0.15)
    began = loop.time()
    lines = [b"%d\n" % number for number in range(50)]
    for line in lines[:25]:
        client.writer.write(line)
        await asyncio.sleep(0)
    await asyncio.sleep(0.01)
    await proxy.let_pass()
    client.writer.writelines(lines[25:])
    assert [await client.hears() for _ in lines] == lines
    assert loop.time() - began >= 0.15
    client.writer.close()


@pytest.mark.parametrize(
    ("swallowed", "heard"),
    [([Towards.SERVER], [b"1\n"]), ([Towards.CLIENT], [b"1\n", b"2\n"]), ([], [b"1\n"])],
)
async def test_a_half_open_connection_stays_open_and_says_nothing(
    proxy: Proxy, echo: Echo, swallowed: list[Towards], heard: list[bytes]
) -> None:
    client = await Client.of(proxy)
    await client.asks(b"1\n")
    proxy.swallow(*swallowed)
    client.writer.write(b"2\n")
    assert await client.is_deaf()
    assert (echo.heard, echo.ended) == (heard, [])
    await proxy.let_pass()
    client.writer.write(b"3\n")
    assert await client.is_deaf(), "a connection that lost bytes can't come back"
    again = await Client.of(proxy)
    assert await again.asks(b"4\n") == b"4\n"
    again.writer.close()
    client.writer.close()


async def test_the_server_never_learns_that_the_client_of_a_deaf_connection_is_gone(proxy: Proxy, echo: Echo) -> None:
    client = await Client.of(proxy)
    await client.asks(b"1\n")
    proxy.swallow()
    client.writer.close()
    await client.writer.wait_closed()
    await asyncio.sleep(0.05)
    assert echo.ended == []


async def test_a_new_connection_while_bytes_are_swallowed_is_accepted_and_deaf(proxy: Proxy) -> None:
    proxy.swallow()
    client = await Client.of(proxy)
    client.writer.write(b"1\n")
    assert await client.is_deaf()
    client.writer.close()


async def test_refusing_resets_what_is_open_and_refuses_the_rest_until_it_passes_again(proxy: Proxy) -> None:
    client = await Client.of(proxy)
    await client.asks(b"1\n")
    port = proxy.port
    proxy.refuse()
    with pytest.raises(ConnectionResetError):
        await client.hears()
    with pytest.raises(ConnectionRefusedError):
        await Client.of(proxy)
    await proxy.let_pass()
    assert proxy.port == port
    again = await Client.of(proxy)
    assert await again.asks(b"2\n") == b"2\n"
    again.writer.close()


async def test_a_server_that_is_not_there_resets_whoever_comes(tmp_path: Path) -> None:
    proxy = Proxy(tmp_path / "nobody")
    await proxy.start()
    client = await Client.of(proxy)
    with pytest.raises(ConnectionResetError):
        await client.hears()
    await proxy.stop()


async def test_a_unix_socket_is_reached_by_tcp(tmp_path: Path, echo: Echo) -> None:
    server = await asyncio.start_unix_server(echo, tmp_path / "s")
    proxy = Proxy(tmp_path / "s")
    await proxy.start()
    client = await Client.of(proxy)
    assert await client.asks(b"1\n") == b"1\n"
    client.writer.close()
    await until(echo.ended, ["closed"])
    await proxy.stop()
    server.close()
