"""Connections that die without a word: whoever waits for them learns of it, and the server keeps nothing for them."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from shared import listening
from shared.listening import listen
from shared.relay import leadership as leading
from shared.relay.leadership import leadership
from shared.runtime import pool as pools
from shared.runtime.pool import connect
from shared.stack.postgres import Postgres
from shared.stack.postgres_settings import SOCKET, socket_folder
from shared.testing.proxy import Proxy

BACKENDS = "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND application_name LIKE 'rapport%'"
SOON = 0.2


@pytest.fixture
async def route(postgres: Postgres) -> AsyncIterator[Proxy]:
    proxy = Proxy(socket_folder(postgres.folder) / SOCKET)
    await proxy.start()
    yield proxy
    await proxy.stop()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (listening, leading):
        monkeypatch.setattr(module, "BEAT_SECONDS", SOON)
    monkeypatch.setattr(listening, "SILENCE_SECONDS", SOON)
    monkeypatch.setattr(pools, "FORGOTTEN_SECONDS", 1)


def name_of(database: str) -> str:
    return database.partition("?")[0].rpartition("/")[2]


def by(route: Proxy, database: str) -> str:
    return f"postgresql://postgres@127.0.0.1:{route.port}/{name_of(database)}"


async def test_a_listener_that_hears_nothing_any_more_is_told_so(route: Proxy, database: str, impatient: None) -> None:
    heard: list[Any] = []
    async with asyncio.timeout(20), await connect(by(route, database), size=2) as pool:
        began = asyncio.Event()
        task = asyncio.create_task(listen(pool, "news", lambda *told: heard.append(told[3]), began.set))
        await began.wait()
        await pool.execute("SELECT pg_notify('news', 'one')")
        await asyncio.sleep(3 * SOON)
        assert heard == ["one"]
        assert not task.done(), "a connection that answers is kept"
        route.swallow()
        with pytest.raises(ConnectionError, match="news was lost"):
            await task
        pool.terminate()


async def test_a_listener_that_is_stopped_gives_its_connection_back(route: Proxy, database: str) -> None:
    async with asyncio.timeout(20), await connect(by(route, database), size=1) as pool:
        began = asyncio.Event()
        task = asyncio.create_task(listen(pool, "news", lambda *_: None, began.set))
        await began.wait()
        task.cancel()
        await asyncio.wait([task])
        assert await pool.fetchval("SELECT count(*) FROM pg_listening_channels()") == 0


async def test_a_leader_whose_connection_is_dead_stops_leading(route: Proxy, database: str, impatient: None) -> None:
    pool = await connect(by(route, database), size=1)

    async def lead_for_ever() -> None:
        async with leadership(pool, "relay-0"):
            route.swallow()
            await asyncio.Event().wait()

    async with asyncio.timeout(20):
        with pytest.raises(ExceptionGroup) as stopped:
            await lead_for_ever()
    assert stopped.group_contains(TimeoutError)
    pool.terminate()


async def test_what_a_client_held_that_vanished_in_a_transaction_is_free_again(route: Proxy, database: str) -> None:
    gone = await connect(by(route, database), size=1, command_timeout=1)
    await gone.execute("CREATE TABLE held (id int PRIMARY KEY, by text)")
    await gone.execute("INSERT INTO held VALUES (1, 'nobody')")
    connection = await gone.acquire()
    await connection.execute("BEGIN; UPDATE held SET by = 'gone'")
    route.swallow()
    async with await connect(database, size=1) as other:
        await other.execute("UPDATE held SET by = 'other'", timeout=20)
        assert await other.fetchval("SELECT by FROM held") == "other"
    connection.terminate()
    gone.terminate()


async def test_the_server_ends_sessions_whose_clients_vanished(route: Proxy, database: str, impatient: None) -> None:
    gone = await connect(by(route, database), size=5)
    await asyncio.gather(*(gone.fetchval("SELECT pg_sleep(0.05)") for _ in range(5)))
    route.swallow()
    gone.terminate()
    watcher = await asyncpg.connect(database)
    async with asyncio.timeout(20):
        while await watcher.fetchval(BACKENDS, name_of(database)):
            await asyncio.sleep(0.1)
    await watcher.close()


async def test_unused_connections_are_closed_before_the_server_would(
    route: Proxy, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert pools.UNUSED_SECONDS < pools.FORGOTTEN_SECONDS
    monkeypatch.setattr(pools, "UNUSED_SECONDS", 0.1)
    async with asyncio.timeout(20), await connect(by(route, database), size=3) as pool:
        await asyncio.gather(*(pool.fetchval("SELECT pg_sleep(0.05)") for _ in range(3)))
        while pool.get_size():
            await asyncio.sleep(0.05)
        assert await pool.fetchval("SELECT 1") == 1


async def test_tcp_itself_asks_whether_the_other_end_is_there(route: Proxy, database: str) -> None:
    set_up: list[socket.socket] = []

    class Watched(pools.Connection):
        def __init__(self, protocol: Any, transport: asyncio.Transport, *rest: Any) -> None:
            super().__init__(protocol, transport, *rest)
            set_up.append(transport.get_extra_info("socket"))

    connection = await asyncpg.connect(by(route, database), connection_class=Watched)
    (plain,) = set_up
    assert plain.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        assert plain.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == pools.UNHEARD_SECONDS * 1000
    await connection.close()
