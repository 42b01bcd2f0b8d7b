"""Whatever fits a schema is taken, whatever doesn't is refused, by every service and for every kind of caller."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from rapport.services import SERVICES
from tests.fuzzing.callers import KINDS
from tests.fuzzing.deployment import Deployment
from tests.fuzzing.schemas import ask

ALWAYS_THE_SAME = ("--generation-deterministic", "--max-examples", "2")
OTHERS = ("--phases", "examples,fuzzing", "--max-examples", "1")
"""Who may less is asked less: what the values of an input do doesn't depend on who sends them."""


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", KINDS)
def test_every_operation_keeps_its_schema_whoever_calls(running: Deployment, kind: str) -> None:
    options = (*ALWAYS_THE_SAME, *(() if kind == "full" else OTHERS))
    with ThreadPoolExecutor(max_workers=2) as pool:
        runs = list(pool.map(lambda name: ask(running.urls[name], name, kind, options), SERVICES))
    failed = [run.stdout + run.stderr for run in runs if run.returncode]
    assert not failed, "\n".join(failed)


def test_no_consumer_met_what_it_could_not_handle(running: Deployment) -> None:
    assert running.parked() == []


def test_nothing_was_unexpected(running: Deployment) -> None:
    assert running.errors() == []
