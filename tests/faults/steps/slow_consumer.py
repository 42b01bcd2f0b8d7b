"""A slow consumer: one view's rows are locked by an outsider, or a worker gets the processor only now and then."""

import asyncio
import signal

import asyncpg

from rapport.demo.measure import Measured
from rapport.services import load
from shared.consumers.progress import missing, places, published
from tests.faults.deployment import Deployment
from tests.faults.steps.step import Step, StepFailed

OTHERS_BEHIND = 400
"""Events that a consumer which nobody holds up may be behind under load; far fewer than gather for one that is."""


class LockView(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="lock-view"):
    """Lock the table of `service`'s first view against writes for so many `seconds`.

    Raises StepFailed when its consumer's lag can't be seen growing, or the consumers of other services fall behind.
    """

    service: str
    seconds: float = 20.0

    async def run(self, deployment: Deployment) -> None:
        view = load(self.service).views[0]
        connection = await asyncpg.connect(deployment.postgres.url(self.service))
        try:
            await connection.execute(f"BEGIN; LOCK TABLE {view.table.name} IN SHARE MODE")
            deployment.tell(f"{self.service}.{view.name} is locked")
            at_first = await _behind()
            await asyncio.sleep(self.seconds)
            at_last = await _behind()
        finally:
            await connection.close(timeout=2)
        deployment.tell(f"{self.service}.{view.name} is free again")
        self._compare(at_first, at_last)

    def _compare(self, at_first: dict[str, int], at_last: dict[str, int]) -> None:
        own = f"{self.service}.{load(self.service).views_consumer}"
        if at_last[own] <= at_first[own]:
            raise StepFailed(f"{own} was held up, and its lag went from {at_first[own]} to {at_last[own]}")
        late = {name: lag for name, lag in at_last.items() if name != own and lag > OTHERS_BEHIND}
        if late:
            raise StepFailed(f"while {own} was held up, others fell behind: {late}")


class Drowse(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="drowse"):
    """Let `part` run for a fifth of the time only, for so many `seconds`."""

    part: str
    seconds: float = 20.0

    async def run(self, deployment: Deployment) -> None:
        over = deployment.now + self.seconds
        while deployment.now < over:
            stopped = deployment.signal(self.part, signal.SIGSTOP)
            try:
                await asyncio.sleep(0.8)
            finally:
                deployment.thaw(self.part, stopped)
            await asyncio.sleep(0.2)


async def _behind() -> dict[str, int]:
    """Return how many events each consumer of each service is behind."""
    async with Measured() as measured:
        reached = {name: await places(at.pool) for name, at in measured.opened.items()}
        topics = {at.service.topic: await published(at.pool) for at in measured.opened.values()}
        found: dict[str, int] = {}
        for name, at in measured.opened.items():
            for (consumer, _), count in missing(topics, at.wirings, reached[name]).items():
                found[f"{name}.{consumer}"] = found.get(f"{name}.{consumer}", 0) + count
        return found
