"""docs/runbooks/restore-a-database.md, followed: a service's database goes back in time, and nobody notices."""

import asyncio
import json
import signal
from urllib.parse import urlsplit

import asyncpg
from typer.testing import CliRunner

from rapport.commands.opened import opened
from rapport.commands.views import audit_service
from rapport.demo import log
from rapport.demo.measure import Measured
from rapport.main import app
from rapport.services import SERVICES

from .conftest import Deployment, NewDeployment
from .test_kills import must_equal

COUNTS = "SELECT type, count(*) FROM event GROUP BY type ORDER BY type"


async def test_a_restored_database_is_recovered_by_the_runbook(
    undisturbed: dict[str, list[str]], new_deployment: NewDeployment, messages: list[log.Message]
) -> None:
    deployment = await new_deployment()
    half = len(messages) // 2
    await deployment.publish(messages[:half])
    await deployment.caught_up(half)
    await _stop(deployment, "loyalty")
    await _copy(deployment, "loyalty", "loyalty_base")
    await asyncio.to_thread(deployment.up)
    await deployment.publish(messages[half:])
    await deployment.caught_up(len(messages))
    async with opened("loyalty") as at:
        counts = await at.pool.fetch(COUNTS)

    await _stop(deployment, "loyalty")
    await _restore(deployment, "loyalty", "loyalty_base")
    told = await asyncio.to_thread(CliRunner().invoke, app, ["doctor", "--json"])
    assert any("rapport recover loyalty" in item["next_step"] for item in json.loads(told.stdout)["findings"])
    mended = await asyncio.to_thread(CliRunner().invoke, app, ["recover", "loyalty", "--json"])
    assert mended.exit_code == 0, mended.output
    assert json.loads(mended.stdout)["recovered"]["events"] > 0
    async with opened("loyalty") as at:
        assert await at.pool.fetch(COUNTS) == counts

    await asyncio.to_thread(deployment.up)
    await deployment.caught_up(len(messages))
    must_equal(undisturbed, await deployment.state())
    async with opened("loyalty") as at:
        assert await at.pool.fetch(COUNTS) == counts
    for name in SERVICES:
        for result in await audit_service(name):
            assert result.differences == 0, result.first
    async with Measured() as measured:
        assert [await at.parking_lot.count() for at in measured.opened.values()] == [0, 0, 0, 0]


async def test_a_recovery_is_refused_while_the_service_runs(deployment: Deployment) -> None:
    refused = await asyncio.to_thread(CliRunner().invoke, app, ["recover", "loyalty"])
    assert refused.exit_code == 1
    assert "stop its APIs and workers first" in " ".join(refused.output.split())


async def _stop(deployment: Deployment, name: str) -> None:
    deployment.kill(name, signal.SIGTERM)
    async with asyncio.timeout(20):
        while deployment.stack.state.services[name].process.alive:
            await asyncio.sleep(0.05)


async def _copy(deployment: Deployment, name: str, base: str) -> None:
    await _on_server(deployment, f'CREATE DATABASE {base} TEMPLATE "{_database(deployment, name)}"')


async def _restore(deployment: Deployment, name: str, base: str) -> None:
    database = _database(deployment, name)
    await _on_server(deployment, f'DROP DATABASE "{database}"', f'ALTER DATABASE {base} RENAME TO "{database}"')


def _database(deployment: Deployment, name: str) -> str:
    return urlsplit(deployment.stack.state.databases[name]).path[1:]


async def _on_server(deployment: Deployment, *statements: str) -> None:
    connection = await asyncpg.connect(deployment.stack.postgres.url("postgres"))
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()
