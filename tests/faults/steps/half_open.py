"""Half open: what goes by a route is lost while both ends believe that they are connected, and stay so after it."""

import asyncio
from collections.abc import Sequence

from shared.testing.proxy import Towards
from tests.faults.deployment import Deployment
from tests.faults.steps.step import Step


class HalfOpen(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="half-open"):
    """Lose what goes by `routes` `towards` the server, the client or both, for so many `seconds`.

    Connections from before and during that time never hear anything again.
    """

    routes: list[str]
    seconds: float
    towards: Sequence[Towards] = (Towards.SERVER, Towards.CLIENT)

    async def run(self, deployment: Deployment) -> None:
        chosen = [deployment.surroundings.routes[name] for name in self.routes]
        deployment.tell(f"{', '.join(self.routes)}: nothing arrives towards {' and '.join(self.towards)}")
        try:
            for route in chosen:
                route.swallow(*self.towards)
            await asyncio.sleep(self.seconds)
        finally:
            for route in chosen:
                await route.let_pass()
            deployment.tell(f"{', '.join(self.routes)}: new connections pass")
