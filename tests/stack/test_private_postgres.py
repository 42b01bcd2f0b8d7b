"""The private PostgreSQL: durable, alone, and back at once after whatever killed it."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from shared.stack.errors import StackError
from shared.stack.postgres import Postgres
from shared.testing.stack import short_folder

STARTER = """
import sys; from pathlib import Path; from shared.stack.postgres import Postgres
Postgres(Path(sys.argv[1])).start()
"""


@pytest.fixture(scope="module")
def own() -> Iterator[Postgres]:
    """A PostgreSQL that tests may kill."""
    with short_folder() as folder:
        server = Postgres(folder / "postgres")
        yield server
        server.stop()


async def value(url: str, query: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


@pytest.mark.parametrize(
    ("setting", "expected"),
    [("fsync", "on"), ("synchronous_commit", "on"), ("full_page_writes", "on"), ("listen_addresses", "")],
)
async def test_it_keeps_what_it_acknowledged_and_listens_to_no_network(
    postgres: Postgres, setting: str, expected: str
) -> None:
    assert await value(postgres.url("postgres"), f"SHOW {setting}") == expected


async def test_what_was_committed_survives_kill_9_and_is_back_in_five_seconds(own: Postgres) -> None:
    process = own.start()
    url = own.url("postgres")
    await value(url, "CREATE TABLE kept AS SELECT 42 AS answer")
    process.kill()

    began = time.monotonic()
    again = own.start()

    assert time.monotonic() - began < 5
    assert again != process
    assert own.url("postgres") == url
    assert await value(url, "SELECT answer FROM kept") == 42


def test_a_second_start_finds_it_running(own: Postgres) -> None:
    assert own.start() == Postgres(own.folder).start()


def test_it_runs_on_when_the_program_that_started_it_ends(own: Postgres) -> None:
    own.stop()

    subprocess.run([sys.executable, "-c", STARTER, str(own.folder)], check=True)

    assert own.running() is not None


def test_a_process_number_that_is_another_s_by_now_does_not_keep_it_from_starting(own: Postgres) -> None:
    own.start().kill()
    notes = own.folder / "postmaster.pid"
    lines = notes.read_text().splitlines()
    notes.write_text("\n".join([str(os.getppid()), *lines[1:], ""]))

    assert own.running() is None
    assert own.start().alive


async def test_every_driver_reaches_it_however_deep_and_strange_the_folder_is_even_if_half_made() -> None:
    with short_folder() as folder:
        server = Postgres(folder / "größe, it's = 'ours'" / ("deep" * 25) / "postgres")
        half = server.folder.with_name("postgres.new")
        half.mkdir(parents=True)
        (half / "PG_VERSION").write_text("18\n")
        try:
            server.start()
            url = server.ensure_databases(["contact"])["contact"]
            assert await value(url, "SELECT current_database()") == "contact"
            with psycopg.connect(url) as connection:
                assert connection.execute("SELECT 1").fetchone() == (1,)
            engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://"))
            async with engine.connect() as alchemy:
                assert await alchemy.scalar(text("SELECT 1")) == 1
            await engine.dispose()
        finally:
            server.stop()


def test_a_folder_that_can_t_be_used_is_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "someone's").write_text("letters")

    with pytest.raises(StackError, match=r"PostgreSQL didn't start .* remove .*postgres to begin anew\.$"):
        Postgres(tmp_path / "postgres").start()


async def test_databases_are_made_once(own: Postgres) -> None:
    own.start()
    first = own.ensure_databases(["contact"])
    await value(first["contact"], "CREATE TABLE kept AS SELECT 1 AS one")

    again = own.ensure_databases(["contact", "tickets"])

    assert again.keys() == {"contact", "tickets"}
    assert await value(again["contact"], "SELECT one FROM kept") == 1
