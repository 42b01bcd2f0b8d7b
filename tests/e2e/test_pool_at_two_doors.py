"""A pool, wanted whole by many at once at two API processes: one gets it, and nothing is spent twice."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from shared.stack.postgres import Postgres
from tests.e2e.two_doors import Doors, codes, two_doors

MEMBERS = [UUID(int=100 + number) for number in range(4)]
DOCUMENT = {
    "id": "family",
    "name": "Family and friends",
    "currencies": [{"code": "points"}],
    "earning": {
        "rules": [
            {
                "id": "base",
                "on": ["purchase"],
                "effects": [{"type": "base", "amount": {"type": "per-amount", "points": 1}}],
            }
        ]
    },
    "pools": {"most": 4},
}


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both processes belong to the programme: they inherit it."""
    monkeypatch.setenv("LOYALTY_PROGRAMME", "family")


@pytest.fixture
async def doors(settings: None, postgres: Postgres, tmp_path: Path) -> AsyncIterator[Doors]:
    async with two_doors(postgres, tmp_path) as opened:
        yield opened


@pytest.fixture
async def home(doors: Doors) -> Doors:
    """A pool of four, each with 100 points."""
    await doors.must("PUT", "programmes/family", document=DOCUMENT)
    for member in MEMBERS:
        await doors.must("POST", f"members/{member}/earnings", source="shop", order_id="1", net="100", currency="EUR")
    await doors.must("POST", "pools", pool_id="p1", owner=str(MEMBERS[0]))
    for member in MEMBERS[1:]:
        await doors.must("POST", "pools/p1/invitations", customer_id=str(member))
        await doors.must("POST", f"pools/p1/invitations/{member}/acceptance")
    return doors


async def share(home: Doors, place: int, points: int) -> httpx.Response:
    spend = {"spend_id": f"s{place}", "points": points, "reason": "a trip", "by": str(MEMBERS[place % 4])}
    return await home.clients[place % 2].post("/v1/pools/p1/spends", json=spend)


async def balances(home: Doors) -> list[int]:
    answers = [await home.clients[1].get(f"/v1/members/{member}/balance") for member in MEMBERS]
    return [answer.json()["balance"] for answer in answers]


async def test_of_twenty_spends_of_the_whole_pool_one_is_made(home: Doors) -> None:
    answers = await asyncio.gather(*(share(home, place, 400) for place in range(20)))
    assert codes(answers) == {"done": 1, "pool-balance-too-low": 19}
    assert await balances(home) == [0, 0, 0, 0]


async def test_of_twenty_spends_as_many_are_made_as_fit_and_members_who_spend_alone_take_part(home: Doors) -> None:
    own = [
        home.clients[place % 2].post(
            f"/v1/members/{MEMBERS[place]}/spends", json={"spend_id": "own", "points": 100, "reason": "mine"}
        )
        for place in range(2)
    ]
    answers = await asyncio.gather(*(share(home, place, 30) for place in range(20)), *own)
    spent = [30] * 20 + [100] * 2
    taken = sum(points for points, answer in zip(spent, answers, strict=True) if answer.status_code == 201)
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert 400 - taken == sum(await balances(home))
    assert sum(await balances(home)) < 100


async def test_one_spend_asked_for_at_both_doors_counts_once(home: Doors) -> None:
    answers = await asyncio.gather(
        *(
            home.clients[place % 2].post("/v1/pools/p1/spends", json={"spend_id": "s", "points": 150, "reason": "x"})
            for place in range(20)
        )
    )
    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 19}
    assert sum(await balances(home)) == 250
