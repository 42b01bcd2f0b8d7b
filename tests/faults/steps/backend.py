"""Backends: one session's process of PostgreSQL is killed, after which it begins anew for all, or stands still."""

import asyncio
import os
import signal
from contextlib import suppress

from shared.stack.processes import Process
from tests.faults.backends import find_backend
from tests.faults.deployment import Deployment
from tests.faults.steps.step import Step, StepFailed

SEARCH_SECONDS = 30


class KillBackend(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="kill-backend"):
    """Kill the process of one of the sessions of `service`."""

    service: str

    async def run(self, deployment: Deployment) -> None:
        send(deployment, await _found(deployment, self.service), signal.SIGKILL, self.service)


class FreezeBackend(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="freeze-backend"):
    """Let the process of one of the sessions of `service` stand still, with whatever locks it holds."""

    service: str
    seconds: float = 10.0

    async def run(self, deployment: Deployment) -> None:
        victim = await _found(deployment, self.service)
        send(deployment, victim, signal.SIGSTOP, self.service)
        try:
            await asyncio.sleep(self.seconds)
        finally:
            send(deployment, victim, signal.SIGCONT, self.service)


def send(deployment: Deployment, victim: Process, number: signal.Signals, service: str) -> None:
    """Send a signal to a backend, and note it; SIGKILL counts as a kill."""
    with suppress(ProcessLookupError):
        if victim.alive:
            os.kill(victim.pid, number)
    deployment.kills += number is signal.SIGKILL
    deployment.tell(f"{number.name} to a backend of {service}")


async def _found(deployment: Deployment, service: str) -> Process:
    deadline = deployment.now + SEARCH_SECONDS
    while deployment.now < deadline:
        victim = await find_backend(deployment, service)
        if victim:
            return victim
        await asyncio.sleep(0.2)
    raise StepFailed(f"{service} has no session")
