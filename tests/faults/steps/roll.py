"""Roll: every process is told to end and replaced, one replica of a service after the other."""

import asyncio
from typing import Literal

from rapport.services import SERVICES
from tests.faults.deployment import Deployment
from tests.faults.steps.step import Step, StepFailed

GRACE_SECONDS = 15.0
"""What an orchestrator leaves a process from SIGTERM to SIGKILL."""

NOTICED_SECONDS = 1.0
"""A balancer notices a process that is ready again within this time, and gives it work before the next one goes."""


class Roll(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="roll"):
    """Replace all APIs, or all workers, of all services beside each other. Raises StepFailed when one doesn't end."""

    role: Literal["api", "worker"]

    async def run(self, deployment: Deployment) -> None:
        await asyncio.gather(*(self._service(deployment, service) for service in SERVICES))

    async def _service(self, deployment: Deployment, service: str) -> None:
        for name in deployment.names(service=service, role=self.role):
            await replace(deployment, name)


async def replace(deployment: Deployment, name: str) -> None:
    """End a process in order, and wait until the one that the keeper starts in its place is ready and noticed."""
    began = deployment.now
    await deployment.end(name, GRACE_SECONDS)
    if deployment.now - began > GRACE_SECONDS:
        raise StepFailed(f"{name} hadn't ended {GRACE_SECONDS:.0f} s after SIGTERM")
    await deployment.ready([name])
    await asyncio.sleep(NOTICED_SECONDS)
