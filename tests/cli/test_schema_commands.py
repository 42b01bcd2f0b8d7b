"""`rapport schema` names what is outdated, wrong or broken, and keeps the promises of a release."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rapport import reference
from rapport.main import app
from tests.architecture.project import NAMES


@pytest.fixture
def released(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A copy of the last release's promises, to be changed."""
    folder = tmp_path / "released"
    shutil.copytree(reference.RELEASED, folder)
    monkeypatch.setattr(reference, "RELEASED", folder)
    monkeypatch.setattr(reference, "VERSION", folder / "VERSION")
    return folder


def test_the_contracts_are_up_to_date_readable_and_keep_their_promises() -> None:
    told = CliRunner().invoke(app, ["schema", "check", "--json"])
    assert json.loads(told.stdout) == {"outdated": [], "faults": [], "breaking": []}
    assert told.exit_code == 0


def test_a_promise_that_is_broken_fails_the_check_and_says_what_to_do(released: Path) -> None:
    example = released / "loyalty" / "examples" / "points-earned.v1.json"
    example.write_text(json.dumps({**json.loads(example.read_text()), "points": 50}))
    openapi = released / "loyalty" / "openapi.json"
    openapi.write_text(openapi.read_text().replace("/v1/members/{customer_id}/lots", "/v1/members/{customer_id}/heaps"))
    told = CliRunner().invoke(app, ["schema", "check"])
    assert told.exit_code == 1
    assert "loyalty: examples/points-earned.v1.json: was edited" in told.output
    assert "loyalty: GET /v1/members/{customer_id}/heaps: was removed" in told.output
    assert "add beside what was there" in told.output


def test_nothing_is_released_while_a_promise_is_broken(released: Path) -> None:
    (released / "loyalty" / "examples" / "points-earned.v1.json").write_text("{}")
    told = CliRunner().invoke(app, ["schema", "release", "0.2.0"])
    assert told.exit_code == 1
    assert "schema check" in told.output
    assert (released / "VERSION").read_text() == reference.VERSION.read_text()


def test_a_release_keeps_what_is_promised_now(released: Path) -> None:
    told = CliRunner().invoke(app, ["schema", "release", "0.2.0", "--json"])
    assert told.exit_code == 0
    assert json.loads(told.stdout)["release"] == "0.2.0"
    assert (released / "VERSION").read_text() == "0.2.0\n"
    for name in NAMES:
        kept = {file.name for file in (released / name / "schemas").iterdir()}
        assert kept == {file.name for file in (reference.ROOT / "services" / name / "contracts/schemas").iterdir()}
