"""The guides' examples run, one after the other, against real processes; and no call of loyalty is left out."""

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute

from rapport.commands.token import ALL_SCOPES
from services.loyalty.service import SERVICE
from shared.http.app import routers
from shared.http.auth import development_token
from shared.settings import KernelSettings, read

from . import guides
from .conftest import Deployment, NewDeployment
from .doors import interaction

MANAGERS, FRONT_END = "docs/guides/run-a-loyalty-programme.md", "docs/guides/loyalty-front-end.md"
NAMES = ("anna", "ben", "cleo", "dora")

ROUTES = sorted(
    (method, route.path)
    for router in routers(SERVICE)
    for route in router.routes
    if isinstance(route, APIRoute)
    for method in route.methods or ()
)


@pytest.fixture
async def club(new_deployment: NewDeployment, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    """A deployment whose members belong to the guides' programme."""
    monkeypatch.setenv("LOYALTY_PROGRAMME", "club")
    return await new_deployment()


def token(subject: str) -> str:
    return development_token(read(KernelSettings), ALL_SCOPES, subject=subject)


async def customers(deployment: Deployment) -> list[str]:
    """Let contact and loyalty know some people; return their ids."""
    services = {name: item.url for name, item in deployment.stack.state.services.items()}
    found = []
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token('shop')}"}) as client:
        for name in NAMES:
            fact = {**interaction(name), "identifiers": [{"type": "shop-customer", "value": name}]}
            recorded = await client.post(f"{services['contact']}/v1/touchpoints", json=fact)
            found.append(recorded.json()["customer_id"])
        async with asyncio.timeout(30):
            while any([await _is_new(client, services["loyalty"], who) for who in found]):
                await asyncio.sleep(0.1)
    return found


async def _is_new(client: httpx.AsyncClient, loyalty: str, who: str) -> bool:
    return (await client.get(f"{loyalty}/v1/members/{who}")).status_code != 200


def environment(deployment: Deployment, member: str, friend: str) -> dict[str, str]:
    return {
        "LOYALTY": deployment.stack.state.services["loyalty"].url,
        "TOKEN": token("manager"),
        "SECOND": token("second"),
        "MEMBER": member,
        "FRIEND": friend,
    }


async def test_the_examples_for_programme_managers_run_and_answer_as_shown(club: Deployment, tmp_path: Path) -> None:
    anna, ben, *_ = await customers(club)
    found = guides.examples(MANAGERS)
    guides.write_files(found, tmp_path)
    answers = await asyncio.to_thread(guides.run_shell, found, tmp_path, environment(club, anna, ben))
    assert guides.faults(found, answers) == []


async def test_the_examples_for_front_ends_run_as_curl_and_as_httpx(club: Deployment, tmp_path: Path) -> None:
    anna, ben, cleo, dora = await customers(club)
    guides.write_files(guides.examples(MANAGERS), tmp_path)
    given = environment(club, anna, ben)
    apply = [sys.executable, "-m", "rapport", "loyalty", "apply", "club.yaml", "--from", "2026-01-01"]
    applied = await asyncio.to_thread(
        subprocess.run, [*apply, "--url", given["LOYALTY"]], cwd=tmp_path, env={**os.environ}, check=False
    )
    assert applied.returncode == 0
    found = guides.examples(FRONT_END)
    answers = await asyncio.to_thread(guides.run_shell, found, tmp_path, given)
    assert guides.faults(found, answers) == []
    await asyncio.to_thread(guides.run_python, found, tmp_path, environment(club, cleo, dora))


def called(method: str, path: str, language: str) -> bool:
    """Tell whether an example of the language calls the route."""
    filled = re.sub(r"\\\{[^}]*\\\}", r"""(?:\\{[^}]*\\}|[^/\\s"'?])+""", re.escape(path))
    filled = re.sub(r"/why/.*", '/why/[^"\\\\s]+', filled) if path.endswith("{name:path}") else filled
    wanted = re.compile(rf"""{method}["']?,?\s+f?["']?(?:\$LOYALTY)?{filled}(?=["'?\s,])""")
    texts = [example.text for example in guides.examples(FRONT_END) if example.language == language]
    return any(wanted.search(text) for text in texts)


@pytest.mark.parametrize("language", ["sh", "python"])
def test_every_call_of_loyalty_is_shown(language: str) -> None:
    missing = [f"{method} {path}" for method, path in ROUTES if not called(method, path, language)]
    assert missing == []


def test_an_example_that_fails_is_seen(tmp_path: Path) -> None:
    failing = [guides.Example("sh", "true", 1), guides.Example("sh", "false", 3)]
    with pytest.raises(AssertionError):
        guides.run_shell(failing, tmp_path, {})
    with pytest.raises(AssertionError):
        guides.run_python([guides.Example("python", "raise SystemExit(1)", 1)], tmp_path, {})


@pytest.mark.parametrize(
    ("shown", "got"),
    [
        ({"a": 1}, {"a": 2}),
        ({"a": 1}, {}),
        ({"a": 1}, None),
        ([1, 2], [1]),
        ([], [1]),
        ({"a": "…"}, {"a": 1}),
        ([{"a": 1}], [{"a": 2}]),
    ],
)
def test_an_answer_that_isnt_as_shown_is_seen(shown: Any, got: Any) -> None:
    assert [*guides.differences(shown, got)]


def test_an_answer_may_hold_more_than_is_shown() -> None:
    got = {"a": [1, 2], "b": "anything", "c": None}
    assert [*guides.differences({"a": [1], "b": "…"}, got)] == []


def test_a_problem_that_isnt_shown_is_seen() -> None:
    found = [guides.Example("sh", "ask", 1), guides.Example("json", '{"type": "/problems/x"}', 3)]
    problem = {"type": "/problems/x"}
    assert guides.faults(found, {1: [problem]}) == []
    assert guides.faults(found, {1: [problem, problem]}) == [f"line 1: {problem}"]
    assert guides.faults(found[:1], {1: [problem]}) == [f"line 1: {problem}"]
