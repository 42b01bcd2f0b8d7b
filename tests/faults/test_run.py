"""The short run: every short plan on one deployment, and no promise broken by any."""

import pytest

from tests.faults.conftest import SHORT, ShortRun
from tests.faults.plan import Plan
from tests.faults.report import failure

pytestmark = pytest.mark.timeout(900)


@pytest.mark.parametrize("plan", SHORT, ids=lambda plan: plan.name)
async def test_every_promise_is_kept_through_the_faults_of_a_plan(plan: Plan, short_run: ShortRun) -> None:
    result = await short_run.result(plan)
    assert result.passed, "\n".join(failure(result))
    assert result.acknowledged > 100


async def test_what_cannot_be_taken_was_parked_and_nothing_else(short_run: ShortRun) -> None:
    facts = await short_run.facts()
    assert any(entry.to_be_parked for entry in facts.entries)
    assert len(facts.services["contact"].parked) >= 1
