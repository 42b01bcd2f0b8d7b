"""`make mutation`: mutate the rooms of loyalty's domain, all of them or a sample, and tell what the tests noticed."""

import json
import random
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.mutation.found import KILLED, NO_TEST, NOT_RUN, SURVIVED, Found

FOLDER = Path("mutants")
ASKED = "asked.json"
NONE = "no such mutant"


def main(arguments: Sequence[str]) -> None:
    """Run the mutants of the rooms that are named, and print a table of all rooms."""
    asked = _parser().parse_args(arguments)
    found = Found(FOLDER)
    if not asked.table:
        _make()
        _run([name for room in asked.rooms or found.rooms() for name in _chosen(found.results(room), asked)], asked)
    Console().print(_table(found))


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="make mutation")
    parser.add_argument("rooms", nargs="*", help="rooms of services/loyalty/domain, such as tiers; all by default")
    parser.add_argument("--sample", type=int, help="so many mutants of each room; all by default")
    parser.add_argument("--again", action="store_true", help="those that survived, instead of those that weren't run")
    parser.add_argument("--examples", type=int, default=20, help="the most examples of each property")
    parser.add_argument("--seed", type=int, default=6, help="which sample, and in which order")
    parser.add_argument("--table", action="store_true", help="run nothing, and tell what was found so far")
    return parser


def _make() -> None:
    """Let mutmut make the mutants that are missing, and learn which tests reach which function, but run none."""
    program = Path(sys.executable).parent / "mutmut"
    made = subprocess.run([program, "run", "--max-children", "1", NONE], check=False, stderr=subprocess.PIPE, text=True)
    if NONE not in made.stderr:  # that there is none of this name is the last that it finds out
        sys.exit(made.stderr or "mutmut could not make the mutants: see above")


def _chosen(results: Iterable[tuple[str, str]], asked: Namespace) -> list[str]:
    wanted = {SURVIVED, NO_TEST} if asked.again else {NOT_RUN}
    names = sorted(name for name, status in results if status in wanted)
    random.Random(asked.seed).shuffle(names)
    return names[: asked.sample]


def _run(names: Sequence[str], asked: Namespace) -> None:
    (FOLDER / ASKED).write_text(json.dumps(names))
    plugins = ("-p", "tests.mutation.pure", "-p", "tests.mutation.forked", "-p", "no:cacheprovider")
    quick = ("-q", "--capture=no", "--assert=plain", "--tb=native", "--no-header", "--no-summary")
    chosen = (f"--mutants={ASKED}", f"--examples={asked.examples}", "--hypothesis-seed=6", "tests/loyalty")
    more = ["--beside"] if asked.again else []
    program = [sys.executable, "-m", "pytest", "--rootdir=."]
    subprocess.run([*program, *plugins, *quick, *chosen, *more], check=True, cwd=FOLDER)


def _table(found: Found) -> Table:
    table = Table("room", "mutants", KILLED, SURVIVED, NO_TEST, NOT_RUN, "of those that ran")
    everything: Counter[str] = Counter()
    for room in found.rooms():
        counted = Counter(status for _, status in found.results(room))
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
