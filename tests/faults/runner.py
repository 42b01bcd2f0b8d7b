"""Runs one plan: a deployment, load and steps side by side, then rest, questions, and the checks."""

import asyncio
from collections.abc import Callable

from shared.testing.stack import short_folder
from tests.faults.deployment import Deployment
from tests.faults.doors import Doors
from tests.faults.ledger import Ledger, Outcome
from tests.faults.load import Load
from tests.faults.plan import Plan
from tests.faults.steps.step import Step, StepFailed

Tell = Callable[[str], None]


class Run:
    """What a run has: its plan, its deployment, its ledger; and what steps found wrong."""

    def __init__(self, plan: Plan, deployment: Deployment, tell: Tell) -> None:
        self.plan = plan
        self.deployment = deployment
        self.ledger = Ledger()
        self.failed_steps: list[str] = []
        self._tell = tell

    async def go(self) -> None:
        """Run load and steps, let everything come to rest, and resolve what is unknown."""
        enough = asyncio.Event()
        async with Doors(self.deployment, self.ledger) as doors:
            load = Load(self.plan, self.ledger, doors)
            async with asyncio.TaskGroup() as group:
                group.create_task(load.run(enough))
                await self._steps()
                enough.set()
            await self.deployment.ready()
            self._tell(f"{self.plan.name}: {self._counted()}; asking again for what is unknown")
            await doors.resolve(self.ledger.with_outcome(Outcome.UNKNOWN, Outcome.OPEN))

    async def _steps(self) -> None:
        began = self.deployment.now
        async with asyncio.TaskGroup() as group:
            for step in self.plan.steps:
                group.create_task(self._step(step, began))

    async def _step(self, step: Step, began: float) -> None:
        while not self._is_due(step, began):
            await asyncio.sleep(0.05)
        self._tell(f"{self.plan.name}: {step}")
        try:
            await step.run(self.deployment)
        except StepFailed as error:
            self.failed_steps.append(f"{step}: {error}")

    def _is_due(self, step: Step, began: float) -> bool:
        if step.at is not None:
            return self.deployment.now >= began + step.at
        return self.ledger.count(Outcome.ACKNOWLEDGED) >= (step.after or 0)

    def _counted(self) -> str:
        counts = self.ledger.counts()
        return ", ".join(f"{counts[outcome]} {outcome.value}" for outcome in Outcome if counts[outcome])


async def run_plan(plan: Plan, tell: Tell = print) -> Run:
    """Run a plan on a deployment of its own, which is gone afterwards."""
    with short_folder() as home:
        deployment = Deployment(home, plan.deployment, seed=plan.seed)
        try:
            await deployment.start()
            run = Run(plan, deployment, tell)
            await run.go()
            return run
        finally:
            await deployment.stop()
