"""Shut down: PostgreSQL is told to end, as an operator does, and started again."""

import asyncio
import signal
from typing import Literal

from tests.faults.deployment import Deployment
from tests.faults.steps.step import Step

MODES = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}


class ShutDown(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="shut-down"):
    """Shut PostgreSQL down: `fast` ends sessions in order, `immediate` leaves a recovery to the next start."""

    mode: Literal["fast", "immediate"] = "fast"
    down: float = 1.0

    async def run(self, deployment: Deployment) -> None:
        async with deployment.held_down(["postgres"]):
            process = deployment.signal("postgres", MODES[self.mode])
            while process.alive:
                await asyncio.sleep(0.05)
            await asyncio.sleep(self.down)
