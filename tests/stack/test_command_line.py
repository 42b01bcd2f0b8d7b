"""The command line: examples, exit codes as documented, errors that say the next step, and the whole of it up."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import pytest
import typer
from typer.testing import CliRunner, Result

from rapport.main import app
from rapport.services import SERVICES
from rapport.stack import embedded_databases, environment
from shared.http.auth import Verifier
from shared.migrations import KEYS
from shared.settings import KernelSettings
from shared.stack.errors import StackError
from shared.stack.stack import Stack
from shared.testing.stack import private_stack

RUNNER = CliRunner()


def commands(command: Any, *path: str) -> Iterator[tuple[str, ...]]:
    """Yield the path of each command that does something."""
    children = getattr(command, "commands", None)
    if children is None:
        yield path
    for name, child in (children or {}).items():
        yield from commands(child, *path, name)


@pytest.fixture
def nothing_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORT_HOME", str(tmp_path / "home"))
    for name in ("KAFKA_BOOTSTRAP_SERVERS", *(f"{name.upper()}_DATABASE_URL" for name in (*SERVICES, KEYS))):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("path", list(commands(typer.main.get_command(app))), ids=" ".join)
def test_every_command_s_help_has_an_example(path: tuple[str, ...]) -> None:
    answer = RUNNER.invoke(app, [*path, "--help"])
    assert answer.exit_code == 0
    assert "Example:" in answer.output


@pytest.mark.parametrize(
    "arguments", [["run", "billing"], ["migrate", "billing"], ["token", "--scope", "all"], ["upp"]]
)
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    assert RUNNER.invoke(app, arguments).exit_code == 2


@pytest.mark.usefixtures("nothing_runs")
@pytest.mark.parametrize(
    "arguments", [["run", "loyalty"], ["migrate"], ["views", "list"], ["parked", "list", "contact"]]
)
def test_where_nothing_runs_one_sentence_says_rapport_up(arguments: list[str]) -> None:
    answer = RUNNER.invoke(app, arguments)
    assert answer.exit_code == 1
    assert "start them with `rapport up`" in answer.stderr
    assert len(answer.stderr.splitlines()) == 1


@pytest.mark.usefixtures("nothing_runs")
def test_what_the_environment_names_is_used_and_not_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "kafka.example:9092")
    monkeypatch.setenv("LOYALTY_DATABASE_URL", "postgresql://db.example/loyalty")

    monkeypatch.setenv("KEYS_DATABASE_URL", "postgresql://db.example/keys")

    assert embedded_databases() == ["contact", "tickets", "scoring"]
    assert environment(Stack(), ["loyalty"]) == {
        "LOYALTY_DATABASE_URL": "postgresql://db.example/loyalty",
        "KEYS_DATABASE_URL": "postgresql://db.example/keys",
        "KAFKA_BOOTSTRAP_SERVERS": "kafka.example:9092",
    }
    with pytest.raises(StackError, match=r"or set CONTACT_DATABASE_URL, TICKETS_DATABASE_URL, SCORING_DATABASE_URL to"):
        environment(Stack())


@pytest.mark.usefixtures("nothing_runs")
def test_doctor_says_the_next_step_where_nothing_runs() -> None:
    answer = RUNNER.invoke(app, ["doctor", "--json"])
    assert answer.exit_code == 1
    assert json.loads(answer.stdout)["findings"][-1]["next_step"] == "rapport up"


@pytest.mark.usefixtures("nothing_runs")
def test_down_where_nothing_runs_is_no_mistake() -> None:
    answer = RUNNER.invoke(app, ["down"])
    assert (answer.exit_code, answer.stdout) == (0, "Nothing runs here.\n")


async def test_a_token_holds_the_scopes_that_were_asked_for() -> None:
    answer = RUNNER.invoke(app, ["token", "--scope", "loyalty:read", "--subject", "anna", "--json"])
    token = json.loads(answer.stdout)["token"]

    caller = await Verifier(KernelSettings(kafka_bootstrap_servers="unused")).caller(f"Bearer {token}")

    assert (caller.subject, caller.scopes) == ("anna", frozenset({"loyalty:read"}))


def test_an_issuer_is_not_stood_in_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OIDC_ISSUER", "https://issuer.example")
    answer = RUNNER.invoke(app, ["token"])
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert "ask the issuer" in answer.stderr


def test_the_whole_of_rapport_goes_up_comes_back_after_kill_9_and_goes_down(monkeypatch: pytest.MonkeyPatch) -> None:
    with private_stack() as stack:
        monkeypatch.setenv("RAPPORT_HOME", str(stack.home))

        first = json.loads(told("up", "--json"))
        assert first["services"].keys() == set(SERVICES)
        assert all(httpx.get(f"{url}/readyz").status_code == 200 for url in first["services"].values())
        assert all(item["ok"] for item in json.loads(told("doctor", "--json"))["findings"])
        assert "**********" in told("doctor", "--settings")
        assert json.loads(told("migrate", "--json")) == {name: [] for name in (KEYS, *SERVICES)}

        killed = stack.state.services["loyalty"].process
        killed.kill()
        assert ran("doctor").exit_code == 1
        began = time.monotonic()
        again = told("up")
        assert time.monotonic() - began < 5
        assert again.count("already runs") == 5
        assert json.loads(told("up", "--json")) == first
        assert stack.state.services["loyalty"].process != killed

        processes = stack.state.processes
        assert told("down").splitlines() == [
            *(f"{name} stopped" for name in SERVICES),
            "Kafka stopped",
            "PostgreSQL stopped",
        ]
        assert not any(process.alive for process in processes)


def told(*arguments: str) -> str:
    """Run a command that must succeed, and return what it printed."""
    answer = ran(*arguments)
    assert answer.exit_code == 0, answer.stderr
    return answer.stdout


def ran(*arguments: str) -> Result:
    """Run a command as if in a process of its own: what it puts into the environment ends with it."""
    with patch.dict(os.environ):
        return RUNNER.invoke(app, arguments)
