"""Samples of running processes by py-spy: what their stacks were, many times a second, without a change to them."""

import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

RATE = 200
"""Samples a second; each stops the process for some hundred microseconds, so figures made meanwhile don't count."""

Stacks = Counter[tuple[str, ...]]


class Sampler:
    """Gathers the stacks of one figure's spans, with the functions of compiled libraries in them."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.stacks: Stacks = Counter()

    @contextmanager
    def sampling(self, pids: Sequence[int]) -> Iterator[None]:
        """Sample these processes inside. RuntimeError: py-spy may not look at them, or isn't there."""
        with tempfile.TemporaryDirectory() as folder:
            files = [Path(folder) / str(pid) for pid in pids]
            running = [_begin(pid, file) for pid, file in zip(pids, files, strict=True)]
            try:
                yield
            finally:
                for sampler in running:
                    sampler.send_signal(signal.SIGINT)
                    sampler.communicate()
            for file in files:
                self.stacks += read(file.read_text())


def _begin(pid: int, file: Path) -> "subprocess.Popen[str]":
    program = shutil.which("py-spy", path=str(Path(sys.executable).parent)) or "py-spy"
    command = [program, "record", "--native", "--function", "--format", "raw", "--rate", str(RATE)]
    command += ["--duration", "unlimited", "--output", str(file), "--pid", str(pid)]
    sampler = subprocess.Popen(  # noqa: S603 - the command is put together here
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert sampler.stdout
    told = []
    for line in sampler.stdout:
        told.append(line)
        if "Sampling process" in line:
            return sampler
    raise RuntimeError(f"py-spy can't sample process {pid}: {''.join(told).strip()} (it needs the right to trace it)")


def read(raw: str) -> Stacks:
    """Return the stacks of py-spy's raw format: frames from the outermost, a count behind the last blank."""
    stacks: Stacks = Counter()
    for line in raw.splitlines():
        frames, _, count = line.rpartition(" ")
        stacks[tuple(frames.split(";"))] += int(count)
    return stacks
