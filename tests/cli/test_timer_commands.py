"""`rapport timers` on a real database: what was set aside is told, retried and derived anew."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
from typer.testing import CliRunner

from rapport.main import app
from services.tickets.service import SERVICE
from shared.migrations import migrate

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
async def connection(database: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[asyncpg.Connection]:
    await migrate(SERVICE, database)
    monkeypatch.setenv("TICKETS_DATABASE_URL", database)
    monkeypatch.setenv("KEYS_DATABASE_URL", database)  # no key is needed here
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    connection = await asyncpg.connect(database)
    yield connection
    await connection.close()


async def run(*arguments: str) -> Any:
    return await asyncio.to_thread(lambda: CliRunner().invoke(app, ["timers", *arguments]))


async def told(*arguments: str) -> Any:
    return json.loads((await run(*arguments, "--json")).stdout)


async def test_what_was_set_aside_is_listed_and_retried(connection: asyncpg.Connection) -> None:
    assert (await run("list", "tickets")).exit_code == 0
    await connection.execute("SELECT set_timers($1, $2)", ["ticket-1", "ticket-2", "ticket-3"], [LONG_AGO] * 3)
    await connection.execute(
        "UPDATE timer SET reason = 'it is broken', failed_at = due_at WHERE stream_id > 'ticket-1'"
    )
    listed = await run("list", "tickets")
    assert (listed.exit_code, "it is broken" in listed.stdout, "1 due" in listed.stdout) == (1, True, True)
    found = (await told("list", "tickets"))["tickets"]
    assert [timer["stream"] for timer in found["aside"]] == ["ticket-2", "ticket-3"]
    assert [timer["stream"] for timer in found["next"]] == ["ticket-1"]
    assert await told("retry", "tickets", "--stream", "ticket-2") == {"tickets": 1}
    assert await told("retry", "tickets") == {"tickets": 1}
    assert (await run("list", "tickets")).exit_code == 0


async def test_a_retry_of_what_was_not_set_aside_fails_with_the_next_step(connection: asyncpg.Connection) -> None:
    failed = await run("retry", "tickets", "--stream", "ticket-9")
    assert (failed.exit_code, "rapport timers list" in " ".join(failed.output.split())) == (1, True)
    assert (await run("retry", "--stream", "ticket-9")).exit_code == 2
    assert await connection.fetchval("SELECT count(*) FROM timer") == 0


async def test_deriving_tells_how_many_timers_were_wrong(connection: asyncpg.Connection) -> None:
    await connection.execute("INSERT INTO stream VALUES ('ticket-1', 0, 0)")
    await connection.execute("SELECT set_timers($1, $2)", ["ticket-1"], [LONG_AGO])
    assert await told("derive", "tickets") == {"tickets": len(SERVICE.deciders)}
    assert await connection.fetchval("SELECT count(*) FROM timer") == 1 - len(SERVICE.deciders)
