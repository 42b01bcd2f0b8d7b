"""Every command explains itself with an example, and fails with a sentence that says the next step."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rapport.main import app

COMMANDS = [
    ["up"],
    ["down"],
    ["demo"],
    ["run"],
    ["migrate"],
    ["doctor"],
    ["views", "list"],
    ["views", "audit"],
    ["views", "rebuild"],
    ["views", "rollback"],
    ["parked", "list"],
    ["parked", "show"],
    ["parked", "retry"],
    ["parked", "discard"],
    ["timers", "list"],
    ["timers", "retry"],
    ["timers", "derive"],
    ["republish"],
    ["recover"],
    ["schema", "export"],
    ["schema", "check"],
    ["schema", "release"],
    ["token"],
    ["loyalty", "apply"],
    ["bench"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_an_example(command: list[str]) -> None:
    told = CliRunner().invoke(app, [*command, "--help"])
    assert told.exit_code == 0
    assert "Example" in told.output


@pytest.mark.parametrize("choice", ["--large", "--scaling", "--soak", "--profile", "--record"])
def test_what_the_bench_measures_beside_the_figures_is_a_choice_that_the_help_shows(choice: str) -> None:
    told = CliRunner().invoke(app, ["bench", "--help"])
    assert choice in told.output


@pytest.mark.parametrize(
    ("wrong", "said"), [("--only", "there is no figure nothing"), ("--profile", "there is no profile nothing")]
)
def test_the_bench_refuses_names_that_it_does_not_know_before_it_starts_anything(wrong: str, said: str) -> None:
    told = CliRunner().invoke(app, ["bench", wrong, "nothing"])
    assert told.exit_code == 1
    assert said in told.stderr


@pytest.fixture
def nothing_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RAPPORT_HOME", str(tmp_path))
    for name in ("CONTACT", "TICKETS", "LOYALTY", "SCORING", "KEYS"):
        monkeypatch.delenv(f"{name}_DATABASE_URL", raising=False)
    monkeypatch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)


@pytest.mark.usefixtures("nothing_runs")
@pytest.mark.parametrize(
    "command",
    [
        ["run", "contact"],
        ["migrate"],
        ["views", "list"],
        ["parked", "list", "contact"],
        ["timers", "list"],
        ["republish", "contact"],
        ["recover", "contact"],
    ],
)
def test_where_nothing_runs_the_next_step_is_told(command: list[str]) -> None:
    told = CliRunner().invoke(app, command)
    assert told.exit_code == 1
    assert "rapport up" in " ".join(told.output.split())


@pytest.mark.usefixtures("nothing_runs")
def test_a_service_that_does_not_exist_is_answered_with_those_that_do() -> None:
    told = CliRunner().invoke(app, ["run", "billing"])
    assert told.exit_code == 2
    assert "loyalty" in told.output


def test_wrong_usage_exits_with_2() -> None:
    assert CliRunner().invoke(app, ["parked", "show", "contact", "not-a-number"]).exit_code == 2


@pytest.mark.usefixtures("nothing_runs")
def test_a_token_can_be_had_as_json() -> None:
    told = CliRunner().invoke(app, ["token", "--scope", "contact:read", "--json"])
    assert told.exit_code == 0
    assert json.loads(told.stdout)["scopes"] == ["contact:read"]
