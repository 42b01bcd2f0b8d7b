"""Runs plans on one deployment, one after the other: load and steps side by side, then rest, questions, checks."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from copy import copy
from pathlib import Path

from msgspec import Struct

from shared.stack.errors import StackError
from shared.testing.stack import short_folder
from tests.faults.checker import check
from tests.faults.deployment import Deployment
from tests.faults.doors import Doors
from tests.faults.facts import Facts
from tests.faults.finding import Finding
from tests.faults.gather import come_to_rest, gather
from tests.faults.ledger import Ledger, Outcome
from tests.faults.load import Load
from tests.faults.plan import Plan
from tests.faults.shape import Shape
from tests.faults.steps.step import Step, StepFailed

Tell = Callable[[str], None]

ASKED_AGAIN = 200
"""Acknowledged commands that are sent once more with their keys after each plan."""


class Result(Struct):
    """A plan that was run, and what it found wrong. Counts are of this plan alone."""

    plan: Plan
    kills: int
    acknowledged: int
    doubted: int
    seconds: float
    findings: Sequence[Finding]

    @property
    def passed(self) -> bool:
        """Whether every promise was kept."""
        return not self.findings


class Runner:
    """A deployment with the one ledger of all plans that run on it: what a plan left must survive the next ones."""

    def __init__(self, deployment: Deployment, tell: Tell) -> None:
        self.deployment = deployment
        self.ledger = Ledger()
        self.facts = Facts()
        self._tell = tell
        self._ran = 0
        self._known: set[str] = set()

    async def run(self, plan: Plan) -> Result:
        """Run the plan, let everything come to rest, and check all that ever happened on this deployment."""
        began, kills = self.deployment.now, self.deployment.kills
        first, doubted = len(self.ledger.entries), len(self.ledger.doubted)
        self._ran += 1
        failed = await self._disturb(plan)
        counts = self.ledger.counts(first)
        said = ", ".join(f"{counts[outcome]} {outcome.value}" for outcome in Outcome if counts[outcome])
        self._tell(f"{plan.name}: {self.deployment.kills - kills} kills; {said}; now everything comes to rest")
        self.facts = await self._settle(plan)
        self.facts.failed_steps = failed
        findings = [item for item in check(self.facts, plan.allows, since=first) if item.said not in self._known]
        self._known.update(item.said for item in findings)
        if findings:
            kept = Path(tempfile.mkdtemp(prefix=f"rapport-faults-{plan.name}-"))
            await asyncio.to_thread(shutil.copytree, self.deployment.logs, kept, dirs_exist_ok=True)
            self._tell(f"{plan.name}: the processes' logs are kept in {kept}")
        return Result(
            plan,
            self.deployment.kills - kills,
            self.ledger.counts(first)[Outcome.ACKNOWLEDGED],
            len(self.ledger.doubted) - doubted,
            self.deployment.now - began,
            findings,
        )

    async def _disturb(self, plan: Plan) -> list[str]:
        """Run load and steps, and return when both are over: with the steps that failed."""
        enough = asyncio.Event()
        failed: list[str] = []
        async with Doors(self.deployment, self.ledger) as doors:
            load = Load(plan, self.ledger, doors, mark=f"f{plan.seed}r{self._ran}")
            async with asyncio.TaskGroup() as group:
                group.create_task(load.run(enough))
                await self._steps(plan, failed)
                enough.set()
        return failed

    async def _steps(self, plan: Plan, failed: list[str]) -> None:
        began, before = self.deployment.now, self.ledger.counts()[Outcome.ACKNOWLEDGED]

        async def one(step: Step) -> None:
            while not self._is_due(step, began, before):
                await asyncio.sleep(0.1)
            try:
                await step.run(self.deployment)
            except StepFailed as error:
                failed.append(f"{step}: {error}")
            except Exception as error:  # a step's own fault must not end a run that others wait for
                failed.append(f"{step} broke off: {error!r}")

        async with asyncio.TaskGroup() as group:
            for step in plan.steps:
                group.create_task(one(step))

    def _is_due(self, step: Step, began: float, before: int) -> bool:
        if step.at is not None:
            return self.deployment.now >= began + step.at
        return self.ledger.counts()[Outcome.ACKNOWLEDGED] >= before + (step.after or 0)

    async def _settle(self, plan: Plan) -> Facts:
        """Let everything come to rest, resolve what is unknown, and gather what there is to be checked."""
        unready = []
        try:
            await self.deployment.ready(seconds=plan.allows.seconds)
        except StackError as error:
            unready.append(str(error))
        await come_to_rest(self.deployment, plan.allows.seconds)
        async with Doors(self.deployment, self.ledger) as doors:
            await doors.resolve(self.ledger.with_outcome(Outcome.UNKNOWN, Outcome.OPEN))
            again = await self._ask_again(doors)
        stuck = await come_to_rest(self.deployment, plan.allows.seconds)
        facts = await gather(self.deployment, self.ledger, [*unready, *stuck])
        facts.asked_again = again
        return facts

    async def _ask_again(self, doors: Doors) -> dict[str, str]:
        """Send some of the acknowledged commands once more with their keys; those whose outcome was unknown first."""
        kept = [entry for entry in self.ledger.with_outcome(Outcome.ACKNOWLEDGED) if entry.method == "POST"]
        kept = kept[::-1]
        kept.sort(key=lambda entry: entry.key not in self.ledger.doubted)
        copies = [copy(entry) for entry in kept[:ASKED_AGAIN]]
        for entry in copies:
            entry.attempts, entry.outcome = [], Outcome.UNKNOWN
        await doors.resolve(copies, noted=False)
        return {entry.key: entry.answer for entry in copies}


@asynccontextmanager
async def deployed(shape: Shape, *, seed: int, tell: Tell) -> AsyncIterator[Runner]:
    """A running deployment of its own, which is gone afterwards."""
    with short_folder() as home:
        deployment = Deployment(home, shape, seed=seed)
        try:
            await deployment.start()
            tell(f"{len(deployment.parts)} processes run after {deployment.now:.0f} s")
            yield Runner(deployment, tell)
        finally:
            await deployment.stop()
