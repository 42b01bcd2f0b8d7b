"""A service that runs is left alone by `up`, and started anew once its parts or its own settings are others."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from rapport import stack as whole
from shared.stack.processes import Process, start_detached
from shared.stack.stack import Stack

PARTS = {"LOYALTY_DATABASE_URL": "postgresql://here/loyalty"}
SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """A stack whose services sleep."""

    def sleep(_: Sequence[str], log: Path, environment: Mapping[str, str]) -> Process:
        return start_detached(SLEEP, log, environment)

    monkeypatch.setattr(whole, "start_detached", sleep)
    stack = Stack(tmp_path)
    yield stack
    for service in stack.state.services.values():
        service.process.kill()


def start(stack: Stack) -> tuple[str, Process]:
    told = whole._start_service(stack, "loyalty", PARTS)
    return told.partition(" (")[0], stack.state.services["loyalty"].process


def test_a_service_that_runs_on_the_same_parts_and_settings_is_left_alone(stack: Stack) -> None:
    assert start(stack)[0] == "loyalty started"
    assert start(stack)[0] == "loyalty already runs"


def test_a_service_whose_own_settings_have_changed_is_started_anew(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, first = start(stack)
    monkeypatch.setenv("TICKETS_LANGUAGE", "de")
    assert start(stack)[0] == "loyalty already runs"
    monkeypatch.setenv("LOYALTY_PROGRAMME", "shop")
    told, second = start(stack)
    assert (told, first.alive, second.alive) == ("loyalty started", False, True)
    assert start(stack)[0] == "loyalty already runs"
