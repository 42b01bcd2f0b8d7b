"""The short run of what stands around the services: routes that fail, and clocks that jump."""

import logging

import pytest

from tests.faults.plan import read
from tests.faults.report import failure
from tests.faults.runner import deployed


@pytest.mark.timeout(600)
async def test_every_promise_is_kept_while_connections_fail_and_clocks_jump() -> None:
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # an outage is what is wanted here
    plan = read("surroundings-fail-briefly")
    async with deployed(plan.deployment, seed=plan.seed, tell=lambda _: None) as runner:
        result = await runner.run(plan)
    assert result.passed, "\n".join(failure(result))
    assert result.acknowledged > 100
