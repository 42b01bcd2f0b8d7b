"""docs/runbooks/kafka-lost.md, followed: everything that Kafka held is gone, and the logs write it again."""

import asyncio
import json
import shutil

from typer.testing import CliRunner

from rapport.commands.opened import opened
from rapport.commands.views import audit_service
from rapport.demo import log
from rapport.main import app
from rapport.services import SERVICES
from shared.consumers.progress import places

from .conftest import Deployment, NewDeployment
from .test_kills import must_equal


async def test_a_new_empty_cluster_is_filled_by_the_runbook(
    undisturbed: dict[str, list[str]], new_deployment: NewDeployment, messages: list[log.Message]
) -> None:
    deployment = await new_deployment()
    half = len(messages) // 2
    await deployment.publish(messages[:half])
    await deployment.caught_up(half)
    before = deployment.stack.state.bootstrap_servers

    deployment.kill("kafka")
    shutil.rmtree(deployment.stack.home / "kafka")
    await asyncio.to_thread(deployment.up)
    assert deployment.stack.state.bootstrap_servers == before
    told = await asyncio.to_thread(CliRunner().invoke, app, ["doctor", "--json"])
    steps = [item["next_step"] for item in json.loads(told.stdout)["findings"]]
    assert {f"rapport republish {name}" for name in SERVICES if name != "scoring"} <= set(steps)

    await deployment.publish(messages[half:])
    for name in SERVICES:
        sent = await asyncio.to_thread(CliRunner().invoke, app, ["republish", name, "--json"])
        assert sent.exit_code == 0, sent.output
    await _equal(deployment, undisturbed)
    for name in SERVICES:
        for result in await audit_service(name):
            assert result.differences == 0, result.first
        async with opened(name) as at:
            assert not any(place.hole for place in await places(at.pool))


async def _equal(deployment: Deployment, undisturbed: dict[str, list[str]]) -> None:
    try:
        async with asyncio.timeout(90):
            while await deployment.state() != undisturbed:
                await asyncio.sleep(0.5)
    except TimeoutError:
        must_equal(undisturbed, await deployment.state())
