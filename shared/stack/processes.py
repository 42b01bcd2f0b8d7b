"""Processes that outlive the command which started them, told apart from others that got the same number later."""

import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil
from msgspec import Struct

CLOCK_SECONDS = 2.0
"""How far two readings of a process's start may differ: the system counts it from a boot time that is adjusted."""

LOG_BYTES = 32 << 20
"""A log that is larger at a start is put aside, in the place of the one put aside before."""


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
        return self.found() is not None

    def stop(self, seconds: float) -> None:
        """Ask it to end, and end it after `seconds` if it hasn't. Nothing happens when it is gone."""
        stop_all([self], seconds)

    def kill(self) -> None:
        """End it at once, as a crash would, and wait until it is gone."""
        found = self.found()
        if found is None:
            return
        try:
            found.kill()
            found.wait(10)
        except psutil.NoSuchProcess:
            return

    def listens(self, port: int) -> bool:
        """Tell whether it has this port open."""
        found = self.found()
        try:
            sockets = found.net_connections("tcp") if found else ()
        except psutil.NoSuchProcess:
            return False
        return any(item.status == psutil.CONN_LISTEN and item.laddr.port == port for item in sockets)

    def found(self) -> psutil.Process | None:
        """Return it for a closer look; None when it has ended."""
        try:
            found = psutil.Process(self.pid)
            if abs(found.create_time() - self.created) > CLOCK_SECONDS:
                return None
            if found.status() != psutil.STATUS_ZOMBIE:
                return found
            found.wait(0)  # our own child that has ended: let it go
        except (psutil.NoSuchProcess, psutil.TimeoutExpired):
            pass
        return None


def stop_all(processes: Iterable[Process], seconds: float) -> None:
    """Ask all to end at once, and end those that haven't after `seconds`."""
    found = [item for process in processes if (item := process.found()) is not None]
    for item in found:
        with suppress(psutil.NoSuchProcess):
            item.terminate()
    _, still = psutil.wait_procs(found, seconds)
    for item in still:
        with suppress(psutil.NoSuchProcess):
            item.kill()
    psutil.wait_procs(still, 5)


def start_detached(
    command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None, *, folder: Path | None = None
) -> Process:
    """Start a program in `folder` that goes on when we end, its output appended to `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_name(f"{log.name}.old"))
    with log.open("ab") as output:
        started = subprocess.Popen(  # noqa: S603 - the commands are put together by the stack itself
            list(command),
            cwd=folder,
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


def running_in(folder: Path, program: str) -> Iterator[Process]:
    """Yield the processes of a program whose working folder is `folder`: found again without any note of them."""
    for found in psutil.process_iter():
        try:
            ours = found.name().startswith(program) and found.cwd() == str(folder)
            if ours and found.status() != psutil.STATUS_ZOMBIE:
                yield Process(found.pid, found.create_time())
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue


def last_words(log: Path, *, of: int = 8192) -> str:
    """Return the last line of a log that isn't a step of a stack trace; empty when there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - of))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return ""
    told = [line.strip() for line in lines if line.strip() and not line.startswith(("\t", " ", "Caused by"))]
    return told[-1] if told else ""
