"""Interrupt a rebuild: the command is killed at random points, or a backend under it; the last run is left alone."""

import asyncio
import signal
from typing import Annotated

from msgspec import Meta

from tests.faults.backends import find_backend
from tests.faults.deployment import Deployment
from tests.faults.program import Program, rapport
from tests.faults.steps.backend import send
from tests.faults.steps.step import Step, StepFailed

LEAST_SECONDS = 1.0
MOST_SECONDS = 7.0
"""A rebuild begins after about two seconds of imports."""

ATTEMPTS = 3
BACKENDS = 0.4
"""The share of interruptions that hit the database under the command, not the command."""


class InterruptRebuild(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="interrupt-rebuild"):
    """Interrupt `times` rebuilds of a view, then let one end. Raises StepFailed when that one can't."""

    service: str
    view: str
    times: Annotated[int, Meta(ge=1)] = 3
    backends: bool = True

    async def run(self, deployment: Deployment) -> None:
        for _ in range(self.times):
            program = await Program(deployment, "views", "rebuild", self.service, self.view).start()
            if self.backends and deployment.random.random() < BACKENDS:
                await asyncio.sleep(deployment.random.uniform(LEAST_SECONDS, MOST_SECONDS))
                await self._kill_a_backend(deployment)
                await program.kill_after(MOST_SECONDS)
            else:
                await program.kill_after(deployment.random.uniform(LEAST_SECONDS, MOST_SECONDS))
        await self._to_the_end(deployment)

    async def _kill_a_backend(self, deployment: Deployment) -> None:
        victim = await find_backend(deployment, self.service)
        if victim:
            send(deployment, victim, signal.SIGKILL, self.service)

    async def _to_the_end(self, deployment: Deployment) -> None:
        said = ""
        for _ in range(ATTEMPTS):
            code, said = await rapport(deployment, "views", "rebuild", self.service, self.view)
            if code == 0:
                deployment.tell(f"{self.service}.{self.view} was rebuilt: {said.strip()}")
                return
        raise StepFailed(f"{self.service}.{self.view} can't be rebuilt after it was interrupted: {said[-400:]}")
