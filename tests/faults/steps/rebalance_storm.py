"""A rebalance storm: workers join and leave every two seconds, in order or by SIGKILL."""

import asyncio
import signal
from collections.abc import Sequence

from tests.faults.deployment import Deployment
from tests.faults.steps.step import Step

ENDED_IN_ORDER = 0.5
"""The share of those who leave that are asked to; the others are killed."""


class RebalanceStorm(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="rebalance-storm"):
    """For so many `seconds`, every `pause` of them, a worker of each of the `services` leaves or an extra one joins."""

    services: Sequence[str] = ("contact", "tickets", "loyalty", "scoring")
    seconds: float = 40.0
    pause: float = 2.0

    async def run(self, deployment: Deployment) -> None:
        over = deployment.now + self.seconds
        extra: dict[str, str] = {}
        try:
            while deployment.now < over:
                await asyncio.gather(*(self._turn(deployment, service, extra) for service in self.services))
                await asyncio.sleep(self.pause)
        finally:
            for name in extra.values():
                await deployment.leave(name)

    async def _turn(self, deployment: Deployment, service: str, extra: dict[str, str]) -> None:
        """Let one more join where there is none too many, else let one leave; of the usual ones, one that is back."""
        if service not in extra:
            extra[service] = deployment.join(service, "worker")
        elif deployment.random.random() < ENDED_IN_ORDER:
            await deployment.leave(extra.pop(service))
        else:
            number = signal.SIGTERM if deployment.random.random() < ENDED_IN_ORDER else signal.SIGKILL
            name = deployment.random.choice(deployment.names(service=service, role="worker"))
            deployment.signal(name, number)
            deployment.kills += number is signal.SIGKILL
