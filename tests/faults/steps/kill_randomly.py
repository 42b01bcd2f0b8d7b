"""Kill randomly: one victim after the other, drawn from the plan's seed, faster than the dead come back."""

import asyncio
from typing import Annotated

from msgspec import Meta

from tests.faults.backends import kill_a_backend, relay_leader
from tests.faults.deployment import Deployment
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
    match kind:
        case "replica":
            await deployment.kill(deployment.random.choice(deployment.names()))
        case "relay-leader":
            service = deployment.random.choice(["contact", "tickets", "loyalty", "scoring"])
            leader = await relay_leader(deployment, service)
            if leader:
                await deployment.kill(leader)
        case "backend":
            await kill_a_backend(deployment, deployment.random.choice(["contact", "tickets", "loyalty", "scoring"]))
        case "kafka":
            number = deployment.random.randint(1, deployment.shape.brokers)
            await deployment.kill(f"kafka.{number}")
        case _:
            await deployment.kill(kind)
