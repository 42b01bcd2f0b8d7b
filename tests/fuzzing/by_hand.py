"""Fuzz the running services for as long as asked, another way each time."""

import argparse

from rapport.services import SERVICES
from tests.fuzzing.callers import KINDS
from tests.fuzzing.deployment import deployment
from tests.fuzzing.machines.playing import MACHINES, play
from tests.fuzzing.schemas import ask


def schemas(asked: argparse.Namespace) -> int:
    """Ask each service as every kind of caller; return 1 where something was found."""
    seed = ("--seed", str(asked.seed)) if asked.seed else ()
    options = ("--max-examples", str(asked.examples or 100), *seed)
    failed = False
    with deployment() as running:
        for name, kind in [(name, kind) for name in asked.only or SERVICES for kind in KINDS]:
            run = ask(running.urls[name], name, kind, options, seconds=None)
            failed |= run.returncode != 0
            print(name, kind, "keeps its schema" if run.returncode == 0 else run.stdout + run.stderr)  # noqa: T201 - a program of its own
        parked = running.parked()
    print("\n".join(parked))  # noqa: T201 - as above
    return failed or bool(parked)


def machines(asked: argparse.Namespace) -> int:
    """Play histories; what fails is raised, with the shortest history that does."""
    with deployment() as running:
        for name in asked.only or MACHINES:
            play(running.urls, name, "by-hand", asked.examples)
    return 0
