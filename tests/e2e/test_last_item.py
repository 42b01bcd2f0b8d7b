"""The last items of a reward, wanted by many at once at two API processes: as many get one as there are."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest

from shared.stack.postgres import Postgres
from tests.e2e.two_doors import Doors, codes, two_doors

MEMBERS = [UUID(int=100 + number) for number in range(20)]
OFFER = {"kind": "goods", "titles": {"en": "A mug"}, "price": 100, "supply": "counted"}
SENT = {**OFFER, "fulfilment": "external", "fulfil_within_hours": 1}


@pytest.fixture
async def doors(postgres: Postgres, tmp_path: Path) -> AsyncIterator[Doors]:
    async with two_doors(postgres, tmp_path) as opened:
        yield opened


@pytest.mark.parametrize(("offer", "stock"), [(OFFER, 1), (SENT, 3)])
async def test_as_many_of_twenty_get_one_as_there_are_and_only_they_pay(
    doors: Doors, offer: dict[str, object], stock: int
) -> None:
    await doors.must("PUT", "rewards/mug", **offer)
    await doors.must("POST", "rewards/mug/stock", addition_id="a1", quantity=stock)
    for member in MEMBERS:
        await doors.earn(member, 100)
    answers = await asyncio.gather(*(doors.redeem(who, at % 2, at + 1) for at, who in enumerate(MEMBERS)))
    assert codes(answers) == {"done": stock, "reward-out-of-stock": 20 - stock}
    left = [(await client.get("/v1/rewards/mug")).json()["stock"] for client in doors.clients]
    balances = [(await doors.balance(member))["balance"] for member in MEMBERS]
    assert (left, Counter(balances)) == ([0, 0], {0: stock, 100: 20 - stock})


async def test_one_redemption_asked_for_twenty_times_at_both_doors_counts_once(doors: Doors) -> None:
    await doors.must("PUT", "rewards/mug", **OFFER)
    await doors.must("POST", "rewards/mug/stock", addition_id="a1", quantity=20)
    await doors.earn(MEMBERS[0], 5000)
    answers = await asyncio.gather(*(doors.redeem(MEMBERS[0], place % 2, 1) for place in range(20)))
    assert codes(answers) == {"done": 1, "again": 19}
    assert (await doors.clients[1].get("/v1/rewards/mug")).json()["stock"] == 19
    assert (await doors.balance(MEMBERS[0]))["balance"] == 4900
