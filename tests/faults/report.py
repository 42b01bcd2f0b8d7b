"""The report: what was run and what was found, for people as it comes, and as JSON."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from tests.faults.checker import counted
from tests.faults.finding import Finding, Kind
from tests.faults.plan import Plan
from tests.faults.runner import Result

SHOWN = 5


class Report:
    """Collects results; the file, where there is one, is whole after each of them."""

    def __init__(self, seed: int, file: Path | None) -> None:
        self.results: list[Result] = []
        self.skipped: dict[str, str] = {}
        self._seed = seed
        self._file = file
        self._began = time.monotonic()

    def take(self, result: Result) -> None:
        """Add a result: a line, what it found wrong, and the file anew."""
        self.results.append(result)
        verdict = "passed" if result.passed else f"FAILED with {len(result.findings)} findings"
        self.say(
            f"{result.plan.name}: {verdict}; {result.kills} kills, {result.acknowledged} acknowledged,"
            f" {result.doubted} were unknown for a while, {result.seconds:.0f} s"
        )
        if not result.passed:
            for line in failure(result):
                self.say(line)
        if self._file:
            self._file.write_bytes(msgspec.json.format(msgspec.json.encode(self.summary())))

    def skip(self, plans: Sequence[Plan], reason: str) -> None:
        """Note plans that can't be run on this machine, and say why."""
        for plan in plans:
            self.skipped[plan.name] = reason
            self.say(f"{plan.name}: SKIPPED: {reason}")

    def say(self, line: str) -> None:
        """Print a line with the time since the beginning."""
        print(f"{time.monotonic() - self._began:7.0f} s  {line}", flush=True)  # noqa: T201 - it is what a program says

    def summary(self) -> dict[str, Any]:
        """Return the whole as it is written."""
        findings = [finding for result in self.results for finding in result.findings]
        counts = counted(findings)
        return {
            "kills": sum(result.kills for result in self.results),
            "acknowledged": sum(result.acknowledged for result in self.results),
            "unknown": sum(result.doubted for result in self.results),
            **{kind.value: counts[kind.value] for kind in Kind},
            "seed": self._seed,
            "skipped": self.skipped,
            "seconds": round(time.monotonic() - self._began, 1),
            "plans": [
                {
                    "name": result.plan.name,
                    "passed": result.passed,
                    "kills": result.kills,
                    "acknowledged": result.acknowledged,
                    "unknown": result.doubted,
                    "findings": [msgspec.to_builtins(finding) for finding in result.findings[:SHOWN]],
                }
                for result in self.results
            ],
        }


def failure(result: Result) -> Sequence[str]:
    """Return what a failed plan prints: how to run it again, its findings by kind, and the shortest history of each."""
    plan = msgspec.json.encode(msgspec.to_builtins(result.plan)).decode()
    lines = [f"seed {result.plan.seed}, plan {plan}"]
    shown: list[Finding] = [next(f for f in result.findings if f.kind is kind) for kind in _kinds(result)]
    for finding in shown:
        more = sum(item.kind is finding.kind for item in result.findings) - 1
        lines.append(f"  {finding.kind.value}: {finding.said}" + (f" (and {more} more)" if more else ""))
        lines += [f"      {line}" for line in finding.history]
    return lines


def _kinds(result: Result) -> list[Kind]:
    return [kind for kind in Kind if any(finding.kind is kind for finding in result.findings)]
