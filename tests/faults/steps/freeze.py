"""Freeze: SIGSTOP to a part, and SIGCONT after a while, past every time-out that watches it."""

import asyncio
import signal

from tests.faults.backends import find_part
from tests.faults.deployment import Deployment
from tests.faults.steps.step import Step


class Freeze(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="freeze"):
    """Let `part` (as in `kill`) stand still; by default longer than a Kafka session and a leader's lock last."""

    part: str
    seconds: float = 14.0

    async def run(self, deployment: Deployment) -> None:
        part = await find_part(deployment, self.part)
        frozen = deployment.signal(part, signal.SIGSTOP)
        try:
            await asyncio.sleep(self.seconds)
        finally:
            deployment.thaw(part, frozen)
