"""The last release beside this one: its code taken from the history, its processes on the same parts."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from rapport.services import SERVICES
from rapport.stack import is_ready
from shared.stack.ports import free_ports
from shared.stack.processes import Process, start_detached, stop_all

ROOT = Path(__file__).parents[2]
COMMIT = "b3fac36"
"""The commit that release 0.1.0 was made of; its tag may be missing in a clone."""
VERSION = "0.1.0"


def unpack(folder: Path) -> Path:
    """Write the last release's code into `folder`."""
    packed = subprocess.run(["git", "archive", "--format=zip", COMMIT], cwd=ROOT, capture_output=True, check=False)
    if packed.returncode:
        pytest.fail(
            f"Release {VERSION} ({COMMIT}) isn't in this checkout's history, so that nothing can be run beside it:"
            f" fetch the whole history (git fetch --unshallow). git said: {packed.stderr.decode().strip()}"
        )
    with ZipFile(BytesIO(packed.stdout)) as archive:
        archive.extractall(folder)
    return folder


class Release:
    """The processes of one release: its code in `code`, every service in one process, on ports of their own."""

    def __init__(self, code: Path, logs: Path, variables: Mapping[str, str]) -> None:
        self._code = code
        self._logs = logs
        self._variables = {**variables, "PYTHONPATH": str(code), "LOG_FORMAT": "json"}
        self._processes: dict[str, Process] = {}
        self.urls: dict[str, str] = {}

    async def start(self, **more: str) -> None:
        """Start all four services, and wait until each may be given work."""
        for name in SERVICES:
            port, metrics = free_ports(2)
            own = {f"{name.upper()}_PORT": str(port), f"{name.upper()}_METRICS_PORT": str(metrics)}
            command = [sys.executable, "-m", "rapport", "run", name]
            log = self._logs / f"{name}.log"
            given = {**self._variables, **own, **more}
            self._processes[name] = start_detached(command, log, given, folder=self._code)
            self.urls[name] = f"http://127.0.0.1:{port}"
        async with asyncio.timeout(60):
            while not all([await asyncio.to_thread(is_ready, url) for url in self.urls.values()]):
                await asyncio.sleep(0.1)

    def stop(self) -> None:
        """End them in order."""
        stop_all(self._processes.values(), 15)
        self._processes.clear()

    async def run(self, *arguments: str) -> tuple[int, str]:
        """Run one of the release's own commands; return its exit code and what it printed."""
        return await asyncio.to_thread(self._run, arguments)

    def _run(self, arguments: Sequence[str]) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "rapport", *arguments],
            cwd=self._code,
            env={**os.environ, **self._variables},
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr
