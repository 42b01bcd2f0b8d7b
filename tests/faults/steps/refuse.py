"""Refuse: all connections of a route are reset, and for a while there is nobody to connect to."""

import asyncio

from tests.faults.deployment import Deployment
from tests.faults.steps.step import Step


class Refuse(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="refuse"):
    """Refuse every connection by `routes` for so many `seconds`."""

    routes: list[str]
    seconds: float

    async def run(self, deployment: Deployment) -> None:
        chosen = [deployment.surroundings.routes[name] for name in self.routes]
        deployment.tell(f"{', '.join(self.routes)}: refused")
        try:
            for route in chosen:
                route.refuse()
            await asyncio.sleep(self.seconds)
        finally:
            for route in chosen:
                await route.let_pass()
            deployment.tell(f"{', '.join(self.routes)}: taken again")
