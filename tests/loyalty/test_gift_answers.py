"""Gifts through the API, on real PostgreSQL: both accounts or none, and of twenty gifts of everything one is made."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.loyalty.conftest import Api
from tests.loyalty.loyalty_facts import ANNA, BERT, day

CARL = UUID(int=3)


async def give(api: Api, name: str, points: int, to: UUID = BERT, who: UUID = ANNA, **more: Any) -> httpx.Response:
    body = {"transfer_id": name, "to": str(to), "points": points, "reason": "birthday"}
    return await api.client.post(f"/v1/members/{who}/transfers", json=body, **more)


def code(answer: httpx.Response) -> str:
    found: str = answer.json().get("type", "").rpartition("/")[2]
    return found


@pytest.fixture
async def two(api: Api) -> Api:
    """Anna has 30 points that lapse in a month; Bert is a member."""
    api.client = api.made(points_valid_months=1)
    await api.earn("a1", "30")
    await api.client.put(f"/v1/members/{BERT}")
    api.now = day(1)
    return api


async def test_what_one_gives_the_other_gets_with_its_end(two: Api) -> None:
    answer = await give(two, "t1", 12)
    assert (answer.status_code, answer.json()["balance"]) == (201, 18)
    assert (await give(two, "t1", 12)).status_code == 200
    assert (await two.get("balance", BERT))["balance"] == 12
    mine, theirs = [(await two.get("lots", who))["lots"][0] for who in (ANNA, BERT)]
    assert (mine["transferred"], theirs["origin"], theirs["points"]) == (12, "shop:a1", 12)
    assert mine["expires_at"] == theirs["expires_at"]
    why = await two.get(f"why/{theirs['lot_id']}", BERT)
    assert f"from {ANNA}" in why["because"][0]["arithmetic"]
    assert [(await two.get("statement", who))["closing"] for who in (ANNA, BERT)] == [18, 12]


async def test_nothing_is_half_done(two: Api) -> None:
    answers = [
        await give(two, "t1", 31),
        await give(two, "t2", 5, ANNA),
        await give(two, "t3", 5, CARL),
        await give(two, "t4", 0),
        await give(two, "t5", 5, BERT, headers={"If-Match": '"2"'}),
    ]
    assert [(answer.status_code, code(answer)) for answer in answers[:3]] == [
        (409, "balance-too-low"),
        (409, "transfer-to-oneself"),
        (404, "recipient-unknown"),
    ]
    assert [answer.status_code for answer in answers[3:]] == [422, 412]
    assert [(await two.get("balance", who))["balance"] for who in (ANNA, BERT)] == [30, 0]


@pytest.mark.parametrize(("what", "expected"), [("close", "recipient-closed"), ("freeze", "recipient-frozen")])
async def test_a_closed_or_frozen_account_gets_nothing(two: Api, what: str, expected: str) -> None:
    await two.client.post(f"/v1/members/{BERT}/{what}", json={"reason": "x"})
    assert code(await give(two, "t1", 5)) == expected
    assert (await two.get("balance"))["balance"] == 30


async def test_of_twenty_gifts_of_everything_at_once_one_is_made(two: Api) -> None:
    await two.client.put(f"/v1/members/{CARL}")
    answers = await asyncio.gather(*(give(two, f"t{place}", 30, (BERT, CARL)[place % 2]) for place in range(20)))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 19}
    assert {code(answer) for answer in answers if answer.status_code == 409} == {"balance-too-low"}
    assert sum([(await two.get("balance", who))["balance"] for who in (ANNA, BERT, CARL)]) == 30


async def test_gifts_to_and_fro_at_once_lose_nothing(two: Api) -> None:
    await two.earn("b1", "30", BERT)
    await asyncio.gather(
        *(give(two, f"a{place}", 5) for place in range(6)),
        *(give(two, f"b{place}", 5, ANNA, BERT) for place in range(6)),
    )
    assert sum([(await two.get("balance", who))["balance"] for who in (ANNA, BERT)]) == 60


async def test_a_customers_own_token_gives_only_its_own_points(two: Api) -> None:
    two.confine(BERT)
    assert (await give(two, "t1", 5)).status_code == 404


async def test_merged_members_give_as_one_and_not_to_each_other(two: Api) -> None:
    await two.earn("b1", "20", BERT)
    await two.client.put(f"/v1/members/{CARL}")
    await two.merge()
    two.now = day(2)
    assert code(await give(two, "t0", 5)) == "transfer-to-oneself"
    answer = await give(two, "t1", 45, CARL, BERT)
    assert (answer.status_code, answer.json()["balance"]) == (201, 5)
    assert (await give(two, "t1", 45, CARL, ANNA)).status_code == 200
    assert (await two.get("balance", CARL))["balance"] == 45
