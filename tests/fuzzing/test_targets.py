"""Whatever bytes come from outside, nothing but the documented refusal comes of them."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.fuzzing.blind import search
from tests.fuzzing.targets import CORPUS, NAMES, inputs, target

SECONDS, ROUNDS = 1, 2000
KEPT = [(name, path) for name in NAMES for path in inputs(name)]


@pytest.mark.parametrize(("name", "path"), KEPT, ids=[f"{name}-{path.name}" for name, path in KEPT])
def test_every_kept_input_is_taken_or_refused_as_documented(name: str, path: Path) -> None:
    target(name)(path.read_bytes())


def test_every_target_has_a_corpus_and_nothing_else_has_one() -> None:
    assert sorted(folder.name for folder in CORPUS.iterdir()) == NAMES


def test_nothing_is_found_in_some_seconds_of_searching(tmp_path: Path) -> None:
    if find_spec("atheris") is None:  # there is no wheel for this system, or this Python
        for name in NAMES:
            search(name, ROUNDS, seed=1)
        return
    command = ["-m", "tests.fuzzing.guided", str(SECONDS), "1", str(tmp_path)]
    ran = subprocess.run([sys.executable, *command], capture_output=True, text=True, timeout=240, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("name", NAMES)
def test_a_search_without_coverage_finds_nothing_either(name: str) -> None:
    search(name, 200, seed=2)
