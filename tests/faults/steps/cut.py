"""Cut: all connections of a route are reset, once or again and again; new ones pass."""

import asyncio

from tests.faults.deployment import Deployment
from tests.faults.steps.step import Step


class Cut(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="cut"):
    """Reset the connections of `routes` so many `times`, `every` so many seconds."""

    routes: list[str]
    times: int = 1
    every: float = 1.0

    async def run(self, deployment: Deployment) -> None:
        for time in range(self.times):
            if time:
                await asyncio.sleep(self.every)
            for route in self.routes:
                ends = deployment.surroundings.routes[route].cut()
                deployment.tell(f"{route}: {ends} ends of connections reset")
