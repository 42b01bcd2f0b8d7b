"""Slow: what goes by a route arrives later, as over a long or crowded line."""

import asyncio

from tests.faults.deployment import Deployment
from tests.faults.steps.step import Step


class Slow(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="slow"):
    """Delay each chunk on `routes` by so many `milliseconds`, in both directions, for so many `seconds`."""

    routes: list[str]
    milliseconds: float
    seconds: float

    async def run(self, deployment: Deployment) -> None:
        chosen = [deployment.surroundings.routes[name] for name in self.routes]
        deployment.tell(f"{', '.join(self.routes)}: {self.milliseconds} ms slower")
        try:
            for route in chosen:
                route.slow_down(self.milliseconds / 1000)
            await asyncio.sleep(self.seconds)
        finally:
            for route in chosen:
                await route.let_pass()
            deployment.tell(f"{', '.join(self.routes)}: as fast as before")
