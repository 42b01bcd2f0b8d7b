"""Kill randomly: one victim after the other, drawn from the plan's seed, faster than the dead come back."""

import asyncio
import signal
from typing import Annotated

from msgspec import Meta

from rapport.services import SERVICES
from tests.faults.backends import find_backend, relay_leader
from tests.faults.deployment import Deployment
from tests.faults.steps.backend import send
from tests.faults.steps.step import Step

VICTIMS = {"replica": 76, "relay-leader": 8, "backend": 6, "postgres": 4, "kafka": 6}
"""How often each kind is drawn, of a hundred."""


class KillRandomly(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="kill-randomly"):
    """Kill `kills` victims, with a pause between `least` and `most` seconds from one to the next."""

    kills: Annotated[int, Meta(ge=1)]
    least: float = 1.5
    most: float = 2.0

    async def run(self, deployment: Deployment) -> None:
        random = deployment.random
        enough = deployment.kills + self.kills
        while deployment.kills < enough:
            (kind,) = random.choices(list(VICTIMS), list(VICTIMS.values()))
            await _kill(deployment, kind)
            await asyncio.sleep(random.uniform(self.least, self.most))


async def _kill(deployment: Deployment, kind: str) -> None:
    """Kill a victim of this kind; a kind that has none just now is passed over."""
    random = deployment.random
    match kind:
        case "replica":
            await deployment.kill(random.choice(deployment.names()))
        case "relay-leader":
            leader = await relay_leader(deployment, random.choice(SERVICES))
            if leader:
                await deployment.kill(leader)
        case "backend":
            service = random.choice(SERVICES)
            victim = await find_backend(deployment, service)
            if victim:
                send(deployment, victim, signal.SIGKILL, service)
        case "kafka":
            await deployment.kill(f"kafka.{random.randint(1, deployment.shape.brokers)}")
        case _:
            await deployment.kill(kind)
