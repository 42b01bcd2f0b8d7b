"""The program: commands of `rapport` as an operator runs them, on the deployment of a run; and their sudden end."""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from typing import Self

from tests.faults.deployment import Deployment

PATIENCE_SECONDS = 120.0


class Program:
    """One run of `rapport` with arguments, in a process group of its own."""

    def __init__(self, deployment: Deployment, *arguments: str) -> None:
        self._deployment = deployment
        self._arguments = arguments

    async def start(self) -> Self:
        """Start it; the environment already leads to the deployment."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "rapport",
            *self._arguments,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        return self

    async def ended(self) -> tuple[int, str]:
        """Wait for its end; return its exit code and what it said. One that takes too long is killed."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                said, _ = await self._process.communicate()
        except TimeoutError:
            self._signal()
            return -1, f"it took more than {PATIENCE_SECONDS:.0f} s"
        return self._process.returncode or 0, said.decode(errors="replace")

    async def kill_after(self, seconds: float) -> bool:
        """Kill it and its children after a while; tell whether it was still there."""
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._process.wait()), seconds)
            return False
        self._signal()
        self._deployment.kills += 1
        self._deployment.tell(f"SIGKILL to rapport {' '.join(self._arguments[:3])}")
        await self._process.wait()
        return True

    def _signal(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)


async def rapport(deployment: Deployment, *arguments: str) -> tuple[int, str]:
    """Run a command to its end; return its exit code and what it said."""
    return await (await Program(deployment, *arguments).start()).ended()
