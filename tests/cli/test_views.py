"""`rapport views` on a real database: what it prints, as words and as JSON, and how it exits."""

import asyncio
import json
from collections.abc import Iterator
from uuid import uuid4

import asyncpg
import pytest
from typer.testing import CliRunner, Result

from rapport.main import app
from rapport.services import load
from shared.migrations import migrate
from shared.stack.postgres import Postgres, create_database, drop_database


@pytest.fixture
def loyalty(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A fresh database of loyalty, which reads its own log alone: no Kafka is needed."""
    name, server = f"t{uuid4().hex[:16]}", postgres.url("postgres")
    asyncio.run(create_database(server, name))
    url = postgres.url(name)
    asyncio.run(migrate(load("loyalty"), url))
    monkeypatch.setenv("LOYALTY_DATABASE_URL", url)
    monkeypatch.setenv("KEYS_DATABASE_URL", url)
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    yield url
    asyncio.run(drop_database(server, name))


def asked(*words: str) -> Result:
    return CliRunner().invoke(app, ["views", *words])


def execute(url: str, statement: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(url)
        await connection.execute(statement)
        await connection.close()

    asyncio.run(run())


def test_a_rebuild_is_listed_and_can_be_rolled_back(loyalty: str) -> None:
    told = asked("rebuild", "loyalty", "members", "--json")
    assert told.exit_code == 0, told.output
    (rebuilt,) = json.loads(told.stdout)
    assert (rebuilt["view"], rebuilt["number"], rebuilt["rows"]) == ("members", 1, 0)
    (listed,) = [item for item in json.loads(asked("list", "loyalty", "--json").stdout) if item["view"] == "members"]
    assert [(item["number"], item["state"]) for item in listed["builds"]] == [(0, "before"), (1, "live")]
    assert "build 0 is in use again" in " ".join(asked("rollback", "loyalty", "members").output.split())


def test_a_damaged_row_is_found_by_the_audit_and_mended_by_a_rebuild(loyalty: str) -> None:
    view = load("loyalty").views[0]
    columns = [column for column in view.table.columns if column.primary_key]
    assert [column.name for column in columns] == ["customer_id"]
    execute(loyalty, f"INSERT INTO {view.table.name} SELECT (jsonb_populate_record(NULL::{view.table.name}, {FULL})).*")
    found = asked("audit", "loyalty", "--view", view.name, "--json")
    assert found.exit_code == 1, found.output
    (result,) = json.loads(found.stdout)["loyalty"]
    assert result["where"]["log"] == "no row"
    assert asked("rebuild", "loyalty", view.name).exit_code == 0
    assert asked("audit", "loyalty", "--view", view.name).exit_code == 0


FULL = """
(SELECT jsonb_object_agg(attname, CASE format_type(atttypid, NULL)
    WHEN 'uuid' THEN '"00000000-0000-0000-0000-000000000001"'::jsonb
    WHEN 'jsonb' THEN '{}'::jsonb WHEN 'boolean' THEN 'true'::jsonb WHEN 'text' THEN '"x"'::jsonb
    WHEN 'timestamp with time zone' THEN '"2026-01-05T09:30:00Z"'::jsonb ELSE '1'::jsonb END)
 FROM pg_attribute WHERE attrelid = 'members_v2'::regclass AND attnum > 0)
"""


@pytest.mark.usefixtures("loyalty")
def test_what_cannot_be_done_says_why_and_exits_with_1() -> None:
    told = asked("rebuild", "loyalty", "mebmers")
    assert told.exit_code == 1
    assert "choose from" in told.output
    told = asked("rollback", "loyalty", "members")
    assert told.exit_code == 1
    assert "only a view that was rebuilt" in " ".join(told.output.split())


def test_wrong_usage_exits_with_2() -> None:
    assert asked("audit", "--view", "members").exit_code == 2
    assert asked("rebuild", "billing").exit_code == 2
    assert asked("rebuild", "loyalty", "--processes", "0").exit_code == 2
