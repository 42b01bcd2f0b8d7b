"""`rapport loyalty apply` at the terminal: what it prints and how it exits, by what the service answers."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from rapport.main import app

ASKED: dict[str, Any] = {
    "faults": [],
    "unchanged": False,
    "version": 2,
    "effective_from": "2026-03-01T00:00:00Z",
    "back_dated": False,
    "confirm": None,
    "changes": [{"at": "/earning/rules/spring", "says": "rule spring is gone"}],
}


class Answering:
    """A loyalty service that answers a check as told, and notes what is published."""

    def __init__(self) -> None:
        self.check = dict(ASKED)
        self.published: list[Any] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"].startswith("Bearer ")
        if request.method == "POST":
            return httpx.Response(200, json=self.check)
        self.published.append(json.loads(request.content))
        return httpx.Response(201, json={"version": 2})


@pytest.fixture
def loyalty(monkeypatch: pytest.MonkeyPatch) -> Answering:
    answering, client = Answering(), httpx.AsyncClient
    monkeypatch.setattr(httpx, "AsyncClient", lambda **how: client(transport=httpx.MockTransport(answering), **how))
    return answering


def apply(tmp_path: Path, *words: str, **how: Any) -> Any:
    file = tmp_path / "shop.yaml"
    file.write_text("id: shop")
    return CliRunner().invoke(app, ["loyalty", "apply", str(file), "--url", "http://127.0.0.1:1", *words], **how)


def test_a_change_is_told_and_published(loyalty: Answering, tmp_path: Path) -> None:
    told = apply(tmp_path)
    assert told.exit_code == 0
    assert "rule spring is gone" in told.output
    assert "Published as version 2 of shop" in told.output
    assert loyalty.published == [{"document": {"id": "shop"}}]


def test_a_dry_run_publishes_nothing(loyalty: Answering, tmp_path: Path) -> None:
    told = apply(tmp_path, "--dry-run")
    assert "Would be version 2 of shop" in told.output
    assert json.loads(apply(tmp_path, "--dry-run", "--json").stdout)["published"] is None
    assert loyalty.published == []


def test_a_back_dated_version_is_published_when_someone_agrees(loyalty: Answering, tmp_path: Path) -> None:
    loyalty.check |= {"back_dated": True, "confirm": "token"}
    assert apply(tmp_path, input="n\n").exit_code == 1
    assert loyalty.published == []
    assert apply(tmp_path, "--from", "2026-03-01", input="y\n").exit_code == 0
    assert apply(tmp_path, "--yes").exit_code == 0
    assert [(item["effective_from"], item["confirm"]) for item in loyalty.published] == [
        ("2026-03-01T00:00:00Z", "token")
    ] * 2


def test_faults_are_told_and_end_with_1(loyalty: Answering, tmp_path: Path) -> None:
    loyalty.check["faults"] = [{"at": "/name", "rule": "", "says": "must be 1 to 200 characters"}]
    told = apply(tmp_path)
    assert (told.exit_code, loyalty.published) == (1, [])
    assert "/name: must be 1 to 200 characters" in told.output


def test_what_is_said_already_is_not_published_again(loyalty: Answering, tmp_path: Path) -> None:
    loyalty.check["unchanged"] = True
    assert "nothing to publish" in apply(tmp_path).output
    assert loyalty.published == []


def test_a_service_that_doesnt_answer_is_told_with_the_next_step(tmp_path: Path) -> None:
    told = apply(tmp_path)
    assert told.exit_code == 1
    assert "is loyalty running?" in told.output


def test_without_an_address_and_without_a_stack_the_next_step_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAPPORT_HOME", str(tmp_path / "home"))
    file = tmp_path / "shop.yaml"
    file.write_text("id: shop")
    told = CliRunner().invoke(app, ["loyalty", "apply", str(file)])
    assert told.exit_code == 1
    assert "`rapport up`" in told.output
