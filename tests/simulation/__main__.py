"""Searches for a history in which a promise doesn't hold: `python -m tests.simulation --seconds 60 --seed 1`."""

import argparse
import os
import sys
import time

from tests.simulation.report import report
from tests.simulation.search import search_on_all

SEED_SPAN = 10**9


def main() -> int:
    """Search, or tell the story of one seed; 1 when a promise doesn't hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long to search")
    parser.add_argument("--seed", type=int, help="the first seed; drawn by the time of day where it isn't given")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--story", type=int, metavar="SEED", help="tell what happens in the history of one seed")
    given = parser.parse_args()
    if given.story is not None:
        _tell(report(given.story))
        return 0
    seed = time.time_ns() % SEED_SPAN if given.seed is None else given.seed
    began = time.monotonic()
    found = search_on_all(seed, given.seconds, given.processes)
    rate = found.histories / (time.monotonic() - began) * 60
    _tell(
        f"{found.histories} histories from seed {seed} in {given.processes} processes, {rate:,.0f} a minute,"
        f" {found.steps / max(1, found.histories):.0f} steps each; failing: {len(found.failing)}"
    )
    for reason, times in sorted(found.recovered.items(), key=lambda item: -item[1])[:12]:
        _tell(f"  {times:8} recovered from {reason}")
    for failing in found.failing:
        sys.stdout.write("\n")
        _tell(report(failing))
    return bool(found.failing)


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
