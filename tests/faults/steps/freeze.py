"""Freeze: SIGSTOP to a part, and SIGCONT after a while, past every time-out that watches it."""

import asyncio
import signal

from tests.faults.deployment import Deployment
from tests.faults.steps.step import Step


class Freeze(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="freeze"):
    """Let `part` stand still for so many `seconds`; by default longer than a Kafka session and a leader's lock last."""

    part: str
    seconds: float = 14.0

    async def run(self, deployment: Deployment) -> None:
        frozen = deployment.signal(self.part, signal.SIGSTOP)
        try:
            await asyncio.sleep(self.seconds)
        finally:
            deployment.thaw(self.part, frozen)
