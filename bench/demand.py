"""Service demand: how much processor time each part of the machine spends on one event."""

import os
import time
from collections.abc import Mapping, Sequence

import psutil


class Parts:
    """The processes whose time is told apart, by the name of their group."""

    def __init__(self, groups: Mapping[str, Sequence[int]]) -> None:
        self._groups = groups

    def spent(self) -> Mapping[str, float]:
        """Return the processor seconds of each group so far, with those of its processes' children, ended ones too."""
        return {name: sum(map(_tree_seconds, pids)) for name, pids in self._groups.items()}


class Span:
    """From `with` to its end: the time that passed, and what each group spent on it."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self.seconds = 0.0
        self.spent: Mapping[str, float] = {}

    def __enter__(self) -> "Span":
        """Begin."""
        self._before = self._parts.spent()
        self._start = time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self.seconds = time.perf_counter() - self._start
        after = self._parts.spent()
        self.spent = {name: after[name] - before for name, before in self._before.items()}

    def each(self, events: float) -> dict[str, float]:
        """Return the microseconds of processor time that one event costs each group, as `<group>_us`."""
        return {f"{name}_us": round(seconds * 1e6 / events, 2) for name, seconds in self.spent.items()}


def _tree_seconds(pid: int) -> float:
    if pid == os.getpid():
        return time.process_time()  # the stack's processes are this one's children, but no part of its work
    try:
        root = psutil.Process(pid)
        times = root.cpu_times()
        ended = times.children_user + times.children_system
        return float(times.user + times.system + ended) + sum(_own(child) for child in root.children(recursive=True))
    except psutil.NoSuchProcess:
        return 0.0


def _own(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)
