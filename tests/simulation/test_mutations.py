"""The simulation can see: protocols that are wrong in one way are found, and the story of it is short."""

import gc
from collections.abc import Iterator

import pytest

from tests.simulation.mutations import MUTATIONS, Mutation
from tests.simulation.plan import draw
from tests.simulation.report import report
from tests.simulation.search import run, search, shrink

WITHIN = 1500
"""Histories within which each must be found."""


@pytest.fixture(autouse=True)
def _collected() -> Iterator[None]:
    yield
    gc.collect()


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name.replace(" ", "-"))
def test_a_planted_fault_is_found(mutation: Mutation) -> None:
    with mutation.planted():
        found = search(0, WITHIN)
        assert found.failing, f"not seen in {WITHIN} histories"
        problems = run(draw(found.failing[0])).problems
    assert {problem.promise for problem in problems} & set(mutation.broken)


def test_a_failing_history_shrinks_to_one_that_still_fails_and_is_told_with_its_seed() -> None:
    mutation = next(item for item in MUTATIONS if item.name == "a failed send is passed over")
    with mutation.planted():
        seed = search(0, WITHIN).failing[0]
        plan = shrink(draw(seed))
        assert run(plan).problems
        assert len(plan.commands) + len(plan.faults) <= 4
        story = report(seed)
    assert story.startswith(f"seed {seed}")
    assert "is lost" in story
    assert "doesn't hold" in story.splitlines()[-1]
