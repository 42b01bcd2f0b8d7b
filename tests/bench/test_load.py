"""The load's connections behave as an HTTP client's do."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bench.load import Door

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


class Server:
    """Answers each request; closes a connection instead of the answer when it is told to."""

    def __init__(self) -> None:
        self.closing = 0
        self.asked = 0
        self.answer = ANSWER

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                self.asked += 1
                if self.closing:
                    self.closing -= 1
                    break
                writer.write(self.answer)
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()


@pytest.fixture
async def served() -> AsyncIterator[tuple[Server, int]]:
    server = Server()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    yield server, listening.sockets[0].getsockname()[1]
    listening.close()


async def test_an_idle_connection_that_the_server_closes_is_replaced_and_asked_again(
    served: tuple[Server, int],
) -> None:
    server, port = served
    async with Door(port, 2) as door:
        server.closing = 1
        await door.ask(b"GET / HTTP/1.1\r\n\r\n")
        assert server.asked == 2


async def test_a_server_that_closes_again_and_again_is_a_failure_and_the_door_still_works(
    served: tuple[Server, int],
) -> None:
    server, port = served
    async with Door(port, 1) as door:
        server.closing = 2
        with pytest.raises(asyncio.IncompleteReadError):
            await door.ask(b"GET / HTTP/1.1\r\n\r\n")
        await door.ask(b"GET / HTTP/1.1\r\n\r\n")


async def test_an_answer_that_is_no_success_is_a_failure_and_is_not_asked_again(served: tuple[Server, int]) -> None:
    server, port = served
    server.answer = b"HTTP/1.1 500 No\r\ncontent-length: 2\r\n\r\nno"
    async with Door(port, 1) as door:
        with pytest.raises(ValueError, match="500"):
            await door.ask(b"GET / HTTP/1.1\r\n\r\n")
        assert server.asked == 1
