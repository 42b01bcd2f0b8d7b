"""`make mutation`: mutate the rooms of loyalty's domain, all of them or a sample, and tell what the tests noticed."""

import json
import random
import subprocess
import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

DOMAIN = "services.loyalty.domain"
FOUND = Path("mutants") / DOMAIN.replace(".", "/")
KILLED, SURVIVED, NO_TEST, NOT_RUN = "killed", "survived", "no test", "not run"
STATUS: Mapping[int | None, str] = {None: NOT_RUN, 0: SURVIVED, 33: NO_TEST}
"""By what mutmut notes; all else, a timeout too, is a mutant that the tests noticed."""


def main(arguments: Sequence[str]) -> None:
    """Run mutmut on the rooms that are named, and print a table of all rooms."""
    asked = _parser().parse_args(arguments)
    if not asked.table:
        patterns = [f"{DOMAIN}.{room}.*" for room in asked.rooms] or [f"{DOMAIN}.*"]
        if asked.sample:
            _mutmut(["no such mutant"])  # makes them, and learns which tests reach which function
            patterns = [name for room in asked.rooms or _rooms() for name in _sample(room, asked.sample, asked.seed)]
        _mutmut(patterns)
    Console().print(_table())


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="make mutation")
    parser.add_argument("rooms", nargs="*", help="rooms of services/loyalty/domain, such as tiers; all by default")
    parser.add_argument("--sample", type=int, help="so many mutants of each room, of those that weren't run yet")
    parser.add_argument("--seed", type=int, default=6, help="which of them")
    parser.add_argument("--table", action="store_true", help="run nothing, and tell what was found so far")
    return parser


def _mutmut(patterns: Iterable[str]) -> None:
    program = Path(sys.executable).parent / "mutmut"
    subprocess.run([program, "run", "--max-children", "1", *patterns], check=False)


def _sample(room: str, number: int, seed: int) -> list[str]:
    names = sorted(name for name, status in _results(room) if status == NOT_RUN)
    random.Random(seed).shuffle(names)
    return names[:number]


def _rooms() -> list[str]:
    return sorted(folder.name for folder in FOUND.iterdir() if folder.is_dir())


def _results(room: str) -> Iterable[tuple[str, str]]:
    for file in sorted((FOUND / room).rglob("*.meta")):
        for name, code in json.loads(file.read_text())["exit_code_by_key"].items():
            yield name, STATUS.get(code, KILLED)


def _table() -> Table:
    table = Table("room", "mutants", KILLED, SURVIVED, NO_TEST, NOT_RUN, "of those that ran")
    everything: Counter[str] = Counter()
    for room in _rooms():
        counted = Counter(status for _, status in _results(room))
        everything += counted
        table.add_row(room, *_cells(counted))
    table.add_row("all", *_cells(everything))
    return table


def _cells(counted: Mapping[str, int]) -> list[str]:
    numbers = [counted.get(status, 0) for status in (KILLED, SURVIVED, NO_TEST, NOT_RUN)]
    ran = sum(numbers[:3])
    return [str(sum(numbers)), *map(str, numbers), f"{numbers[0] / ran:.0%}" if ran else ""]


if __name__ == "__main__":
    main(sys.argv[1:])
