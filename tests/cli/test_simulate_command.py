"""`rapport loyalty simulate` at the terminal: what it asks, how it watches, what it prints, and how it exits."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from rapport import simulate_programme
from rapport.main import app
from rapport.simulate_programme import request_of, simulate

EXAMPLES = Path(__file__).parents[2] / "services" / "loyalty" / "contracts" / "examples"
OUTCOME: dict[str, Any] = json.loads((EXAMPLES / "simulation-finished.v1.json").read_text())["outcome"]
PERIOD = ("--from", "1997-04-01", "--to", "1997-07-01")
NAME = "0198c0de-7a11-7c3e-8f00-0000000000bb"


class Answering:
    """A loyalty service that takes some looks to finish, and notes what is asked and called off."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.cancelled = 0
        self.left = ["waiting", "running", "finished"]
        self.reason: str | None = None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/cancellation"):
            self.cancelled += 1
            return httpx.Response(201, json={})
        if request.method == "POST":
            self.asked.append(json.loads(request.content))
        status = self.left[0] if len(self.left) == 1 else self.left.pop(0)
        shown = {"simulation_id": NAME, "status": status, "progress": 0.5, "reason": self.reason}
        shown |= {"since": "1997-04-01T00:00:00Z", "until": "1997-07-01T00:00:00Z"}
        return httpx.Response(200, json={**shown, "outcome": OUTCOME if status == "finished" else None})


@pytest.fixture
def loyalty(monkeypatch: pytest.MonkeyPatch) -> Answering:
    answering, client = Answering(), httpx.AsyncClient
    monkeypatch.setattr(httpx, "AsyncClient", lambda **how: client(transport=httpx.MockTransport(answering), **how))
    monkeypatch.setattr(simulate_programme, "LOOK_SECONDS", 0)
    return answering


def run(tmp_path: Path, *words: str, text: str = "earning: {rules: {books: null}}") -> Any:
    file = tmp_path / "double.yaml"
    file.write_text(text)
    return CliRunner().invoke(app, ["loyalty", "simulate", str(file), *PERIOD, "--url", "http://127.0.0.1:1", *words])


def test_a_patch_is_played_and_told_in_tables(loyalty: Answering, tmp_path: Path) -> None:
    told = run(tmp_path, "--programme", "shop")
    assert told.exit_code == 0, told.output
    assert loyalty.asked == [
        {
            "programme_id": "shop",
            "since": "1997-04-01T00:00:00Z",
            "until": "1997-07-01T00:00:00Z",
            "members": 10,
            "patch": {"earning": {"rules": {"books": None}}},
        }
    ]
    assert "4 facts of 2 members" in told.output
    for said in ("double-points (points)", "expected cost in EUR", "2.88", "member to green (reached)", "all:spring"):
        assert said in told.output


def test_json_is_the_whole_answer(loyalty: Answering, tmp_path: Path) -> None:
    told = run(tmp_path, "--programme", "shop", "--json")
    assert json.loads(told.stdout)["outcome"] == OUTCOME


def test_a_whole_programme_names_itself() -> None:
    whole = {"id": "shop", "currencies": []}
    assert request_of(whole, None, "a", "b", 3)["document"] == whole
    assert request_of(whole, None, "a", "b", 3)["programme_id"] == "shop"


def test_a_patch_without_a_programme_and_a_file_that_is_neither_are_refused(loyalty: Answering, tmp_path: Path) -> None:
    told = run(tmp_path)
    assert (told.exit_code, loyalty.asked) == (1, [])
    assert "--programme" in told.output
    assert run(tmp_path, text="- 1").exit_code == 1


def test_one_that_failed_is_told_with_its_reason(loyalty: Answering, tmp_path: Path) -> None:
    loyalty.left, loyalty.reason = ["running", "failed"], "a player ended with 9 before it was done"
    told = run(tmp_path, "--programme", "shop")
    assert told.exit_code == 1
    assert "a player ended with 9" in told.output


async def test_whoever_stops_waiting_calls_it_off(loyalty: Answering) -> None:
    loyalty.left = ["running"]
    begun = asyncio.Event()
    async with httpx.AsyncClient(base_url="http://loyalty") as client:
        watching = asyncio.create_task(simulate(client, {}, lambda _: begun.set()))
        await begun.wait()
        watching.cancel()
        await asyncio.wait([watching])
    assert loyalty.cancelled == 1
