"""Processes that outlive the command which started them, told apart from others that got the same number later."""

import os
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil
from msgspec import Struct


class Process(Struct, frozen=True):
    """A process by number and start time: a recycled number is not the same process."""

    pid: int
    created: float

    @classmethod
    def of(cls, pid: int) -> "Process":
        """Return the process that has this number now. psutil.NoSuchProcess when there is none."""
        return cls(pid, psutil.Process(pid).create_time())

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        try:
            found = psutil.Process(self.pid)
            return abs(found.create_time() - self.created) < 0.01 and found.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    def stop(self, seconds: float) -> None:
        """Ask it to end, and end it after `seconds` if it hasn't. Nothing happens when it is gone."""
        if not self.alive:
            return
        found = psutil.Process(self.pid)
        try:
            found.terminate()
            found.wait(seconds)
        except psutil.TimeoutExpired:
            found.kill()
            found.wait(5)
        except psutil.NoSuchProcess:
            return


def start_detached(command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> Process:
    """Start a program that goes on when we end, its output appended to `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        started = subprocess.Popen(  # noqa: S603 - the commands are put together by the stack itself
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, **(environment or {})},
        )
    process = Process.of(started.pid)
    # Whoever starts it doesn't wait for it; without this, Python warns about a child that is still running.
    started.returncode = 0
    return process


def reap() -> None:
    """Let children that have ended go, so that they don't stay as zombies."""
    try:
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass
    except ChildProcessError:
        return


def free_port() -> int:
    """Return a port of the loopback address that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def port_is_free(port: int) -> bool:
    """Tell whether a server could listen on this port of the loopback address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
