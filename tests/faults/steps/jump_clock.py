"""Jump clock: the wall clocks of all services' processes jump, stay so for a while, and jump back."""

import asyncio

from tests.faults.deployment import Deployment
from tests.faults.steps.step import Step

FOLLOWED_SECONDS = 0.5


class JumpClock(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="jump-clock"):
    """Let the clocks be so many seconds `ahead` (behind where it is negative) for so many `seconds`."""

    ahead: float
    seconds: float

    async def run(self, deployment: Deployment) -> None:
        deployment.tell(f"the services' clocks jump by {self.ahead:+.0f} s")
        try:
            deployment.surroundings.set_clock(self.ahead)
            await asyncio.sleep(self.seconds)
        finally:
            deployment.surroundings.set_clock(0)
            deployment.tell("the services' clocks are right again")
            await asyncio.sleep(FOLLOWED_SECONDS)
