"""Coverage-guided fuzzing (atheris over libFuzzer): `python -m tests.fuzzing.guided [TARGET ...] --seconds 60`.

Prints one line for each target. What fails is kept in a file whose name is
printed: move it to the target's corpus once it is mended, where every test run replays it.
"""

import argparse
import os
import re
import sys
import tempfile
import time
from pathlib import Path

import atheris

from tests.fuzzing.targets import CORPUS, NAMES, Target, target

MEGABYTES = 1024
"""What a process may hold; what an input makes it hold beyond is a failure."""

SECONDS_FOR_ONE = 5
"""What one input may take: all are small."""

_RUNS = re.compile(r"(?:DONE|Done)\D+(\d+)")


def main() -> int:
    """Fuzz the targets; return 1 where one of them failed."""
    asked = _arguments()
    with atheris.instrument_imports(include=["services", "shared", "rapport", "joserfc", "itsdangerous"]):
        ones = {name: target(name) for name in asked.targets or NAMES}
    found = Path(asked.found)
    found.mkdir(parents=True, exist_ok=True)
    running: dict[int, tuple[str, Path, float]] = {}
    failed = []
    for name, one in ones.items():
        if len(running) >= asked.at_once:
            failed += _one_ended(running)
        log = found / f"{name}.log"
        running[_start(name, one, log, found, asked)] = (name, log, time.monotonic())
    while running:
        failed += _one_ended(running)
    return bool(failed)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzzing.guided", description=__doc__)
    parser.add_argument("targets", nargs="*", help=f"of {', '.join(NAMES)}; all by default")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--runs", type=int, default=-1, help="inputs for each target at most; no limit by default")
    parser.add_argument("--seed", type=int, default=0, help="0: another one each time")
    parser.add_argument("--at-once", type=int, default=2, help="processes")
    parser.add_argument("--found", default=".hypothesis/found", help="folder for what fails, and for logs")
    return parser.parse_args()


def _start(name: str, one: Target, log: Path, found: Path, asked: argparse.Namespace) -> int:
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
        *(f"-max_total_time={asked.seconds}", f"-runs={asked.runs}", f"-seed={asked.seed}", "-max_len=4096"),
        f"-dict={CORPUS.parent / 'tokens.dict'}",
        *(f"-timeout={SECONDS_FOR_ONE}", f"-rss_limit_mb={MEGABYTES}", f"-artifact_prefix={found / name}-"),
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
    sys.exit(main())
