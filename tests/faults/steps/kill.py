"""Kill: SIGKILL to a part by its name; the keeper starts it again."""

import asyncio

from tests.faults.deployment import Deployment
from tests.faults.steps.step import Step


class Kill(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="kill"):
    """Kill `part` (such as `contact.api.1`, `kafka.1`, `postgres`); `down` seconds later it is started again."""

    part: str
    down: float = 0.0

    async def run(self, deployment: Deployment) -> None:
        async with deployment.held_down([self.part]):
            await deployment.kill(self.part)
            await asyncio.sleep(self.down)
