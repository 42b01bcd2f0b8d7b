"""The nursery: a process that has everything imported, and forks a service's process as soon as it is asked to.

An import takes two seconds of a core, and a long run starts a thousand processes. What is forked runs
`rapport run <service> --role <role>` as any other process does, and has nothing in common with the others.
"""

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from tests.faults.moved_clock import VARIABLE, follow

MODULES = ("contact", "tickets", "loyalty", "scoring")


class Birth(Struct):
    """What to run, with which variables, and where its output goes."""

    arguments: list[str]
    environment: Mapping[str, str]
    log: str


def main(home: str) -> None:
    """Answer each line on standard input, a Birth, with a line on standard output: the new process's number."""
    from rapport.main import app
    from rapport.services import load
    from shared.runtime import process  # noqa: F401 - imported here, so that no child has to

    for name in MODULES:
        load(name)
    os.chdir(home)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system itself takes the dead away
    for line in sys.stdin.buffer:
        pid = _born(msgspec.json.decode(line, type=Birth), app)
        sys.stdout.buffer.write(b"%d\n" % pid)
        sys.stdout.buffer.flush()


def _born(birth: Birth, app: Any) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _redirect(Path(birth.log))
        os.environ.update(birth.environment)
        if clock := birth.environment.get(VARIABLE):
            follow(Path(clock))
        app(birth.arguments)
    finally:
        sys.stdout.flush()
        os._exit(1)


def _redirect(log: Path) -> None:
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    for number in (nothing, output):
        os.close(number)


if __name__ == "__main__":
    main(sys.argv[1])
