"""Coverage-guided fuzzing (atheris over libFuzzer): `python -m tests.fuzzing targets [TARGET ...] --seconds 60`.

Prints one line for each target. What fails is kept in a file whose name is
printed: move it to the target's corpus once it is mended, where every test run replays it.
"""

import os
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import atheris

from tests.fuzzing.targets import CORPUS, NAMES, Target, target

MEGABYTES = 1024
"""What a process may hold; what an input makes it hold beyond is a failure."""

SECONDS_FOR_ONE = 5
"""What one input may take: all are small."""

_RUNS = re.compile(r"(?:DONE|Done)\D+(\d+)")


AT_ONCE = 2
FOUND = Path(".hypothesis/found")


def fuzz(names: Sequence[str], seconds: int, seed: int, found: Path = FOUND) -> int:
    """Fuzz each target for some seconds (seed 0: another way each time); return 1 where one of them failed."""
    with atheris.instrument_imports(  # pyright: ignore[reportAttributeAccessIssue] # the package carries no types
        include=["services", "shared", "rapport", "joserfc", "itsdangerous"]
    ):
        ones = {name: target(name) for name in names}
    found.mkdir(parents=True, exist_ok=True)
    running: dict[int, tuple[str, Path, float]] = {}
    failed = []
    for name, one in ones.items():
        if len(running) >= AT_ONCE:
            failed += _one_ended(running)
        log = found / f"{name}.log"
        running[_start(name, one, log, seconds, seed)] = (name, log, time.monotonic())
    while running:
        failed += _one_ended(running)
    return bool(failed)


def _start(name: str, one: Target, log: Path, seconds: int, seed: int) -> int:
    """Fuzz in a process of its own, since libFuzzer ends the one that it runs in; return its id."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    with log.open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    learnt = tempfile.mkdtemp(prefix="rapport-fuzz-")
    options = [
        *(f"-max_total_time={seconds}", f"-seed={seed}", "-max_len=4096"),
        f"-dict={CORPUS.parent / 'tokens.dict'}",
        *(f"-timeout={SECONDS_FOR_ONE}", f"-rss_limit_mb={MEGABYTES}", f"-artifact_prefix={log.parent / name}-"),
    ]
    atheris.Setup([name, *options, learnt, str(CORPUS / name)], one)
    atheris.Fuzz()
    os._exit(0)


def _one_ended(running: dict[int, tuple[str, Path, float]]) -> list[str]:
    process, status = os.wait()
    name, log, start = running.pop(process)
    text = log.read_text(errors="replace")
    runs = _RUNS.findall(text)
    took = f"{time.monotonic() - start:.0f} s"
    if status == 0:
        print(f"{name}: {runs[-1] if runs else '?'} inputs in {took}")  # noqa: T201 - a program of its own
        return []
    print(f"{name}: FAILED after {took}, see {log}\n{text[-3000:]}")  # noqa: T201 - as above
    return [name]


if __name__ == "__main__":
    sys.exit(fuzz(NAMES, int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
