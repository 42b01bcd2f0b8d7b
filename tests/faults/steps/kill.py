"""Kill: SIGKILL to a part by its name; the keeper starts it again."""

import asyncio

from tests.faults.backends import find_part
from tests.faults.deployment import Deployment
from tests.faults.steps.step import Step


class Kill(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="kill"):
    """Kill `part`; `down` seconds later it is started again.

    A part is `contact.api.1`, `loyalty.worker.2`, `kafka.1`, `postgres`, or `contact.relay-leader`: who leads then.
    """

    part: str
    down: float = 0.0

    async def run(self, deployment: Deployment) -> None:
        part = await find_part(deployment, self.part)
        async with deployment.held_down([part]):
            await deployment.kill(part)
            await asyncio.sleep(self.down)
