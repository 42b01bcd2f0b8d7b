"""One deployment for all tests of the harness, on which the short plans run one after the other."""

import logging
from collections.abc import AsyncIterator

import msgspec
import pytest

from tests.faults.facts import Facts
from tests.faults.plan import Plan, kept, read
from tests.faults.runner import Result, Runner, deployed
from tests.faults.shape import Shape

SHORT = [plan for plan in map(read, kept()) if plan.short]

SPOILED = next(plan for plan in SHORT if plan.load.poison)
"""The plan whose facts are spoiled: some of what it sends can't be taken."""


class ShortRun:
    """The runner, and what became of the plans that it has run."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner
        self.results: dict[str, Result] = {}
        self._facts: Facts | None = None

    async def result(self, plan: Plan) -> Result:
        """Return the plan's result; it is run once."""
        if plan.name not in self.results:
            self.results[plan.name] = await self.runner.run(plan)
            if plan is SPOILED:
                self._facts = self.runner.facts
        return self.results[plan.name]

    async def facts(self) -> Facts:
        """Return a copy of the facts of a plan, to be spoiled."""
        await self.result(SPOILED)
        return msgspec.msgpack.decode(msgspec.msgpack.encode(self._facts), type=Facts)


@pytest.fixture(scope="package")
async def short_run() -> AsyncIterator[ShortRun]:
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # an outage is what is wanted here
    async with deployed(Shape(), seed=SHORT[0].seed, tell=lambda _: None) as runner:
        yield ShortRun(runner)


@pytest.fixture
async def facts(short_run: ShortRun) -> Facts:
    return await short_run.facts()
