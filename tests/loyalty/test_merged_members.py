"""Merged memberships through the API, on real PostgreSQL: one account while it lasts, several before and after."""

import asyncio
from collections import Counter
from typing import Any

import httpx
import pytest

from tests.loyalty.conftest import Api
from tests.loyalty.loyalty_facts import ANNA, BERT, day


@pytest.fixture
async def merged(api: Api) -> Api:
    """Anna has 30 points, Bert 20; Anna stands for Bert from day 2 on."""
    await api.earn("a1", "30", ANNA)
    api.now = day(1)
    await api.earn("b1", "20", BERT)
    api.now = day(2)
    await api.merge(BERT, ANNA)
    api.now = day(3)
    return api


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("type", "").rpartition("/")[2]


async def test_each_of_them_answers_for_all_and_says_where_it_belongs(merged: Api) -> None:
    for what in ("", "balance", "lots", "statement", "why/balance", "why/shop:b1"):
        path = f"/v1/members/{BERT}/{what}".rstrip("/")
        of_bert, of_anna = await merged.client.get(path), await merged.client.get(path.replace(str(BERT), str(ANNA)))
        assert of_bert.json() == of_anna.json()
        assert of_bert.json()["customer_id"] == str(ANNA)
        assert of_bert.headers["Content-Location"] == path.replace(str(BERT), str(ANNA))
        assert "Content-Location" not in of_anna.headers
    lots = (await merged.get("lots", BERT))["lots"]
    assert [(lot["lot_id"], lot["customer_id"]) for lot in lots] == [("shop:a1", str(ANNA)), ("shop:b1", str(BERT))]
    assert (await merged.get("statement", BERT))["closing"] == 50


async def test_before_the_merge_and_after_its_undo_each_is_alone(merged: Api) -> None:
    assert (await merged.get("balance", BERT, as_of=day(1.5).isoformat()))["balance"] == 20
    assert (await merged.get("balance", BERT, known_at=day(1.5).isoformat()))["balance"] == 20
    merged.now = day(4)
    await merged.undo()
    merged.now = day(5)
    assert [(await merged.get("balance", who))["balance"] for who in (ANNA, BERT)] == [30, 20]
    assert (await merged.get("balance", BERT, as_of=day(3).isoformat()))["balance"] == 50


async def test_a_customers_own_token_does_not_reach_into_the_past_of_those_who_are_others_again(merged: Api) -> None:
    merged.confine(BERT)
    assert (await merged.get("balance", BERT))["balance"] == 50
    merged.now = day(4)
    await merged.undo()
    merged.now = day(5)
    then = await merged.get("balance", BERT, as_of=day(3).isoformat())
    assert (then["customer_id"], then["balance"]) == (str(BERT), 20)
    assert code(await merged.client.get(f"/v1/members/{ANNA}/balance"))[0] == 404


async def test_as_of_a_moment_at_which_only_one_had_an_account(merged: Api) -> None:
    merged.now = day(4)
    found = await merged.get("balance", BERT, as_of=day(2.5).isoformat(), known_at=day(2.5).isoformat())
    assert found["balance"] == 50
    early = await merged.client.get(f"/v1/members/{BERT}/balance", params={"as_of": day(0.5).isoformat()})
    assert code(early) == (404, "unknown-then")


async def test_a_spend_is_shared_and_separates_by_owner(merged: Api) -> None:
    answer = await merged.spend("s1", 45, BERT)
    assert (answer.status_code, answer.json()["balance"]) == (201, 5)
    assert answer.headers["Content-Location"] == f"/v1/members/{ANNA}/spends"
    assert "ETag" not in answer.headers
    assert (await merged.spend("s1", 45, ANNA)).status_code == 200
    assert code(await merged.spend("s2", 6, ANNA)) == (409, "balance-too-low")
    why = await merged.get("why/s1")
    assert [item["arithmetic"] for item in why["because"]] == [
        "30 of shop:a1 = 30 points spent, of a spend of 45 that several share",
        "15 of shop:b1 = 15 points spent, of a spend of 45 that several share",
    ]
    await merged.undo()
    assert [(await merged.get("balance", who))["balance"] for who in (ANNA, BERT)] == [0, 5]
    assert (await merged.take_back("s1", BERT)).json()["balance"] == 20


async def test_a_refund_finds_the_owner_of_the_lot(merged: Api) -> None:
    assert (await merged.refund("r1", "a1", "10", BERT)).status_code == 201
    assert (await merged.refund("r1", "a1", "10", ANNA)).status_code == 200
    await merged.undo()
    assert [(await merged.get("balance", who))["balance"] for who in (ANNA, BERT)] == [20, 20]
    assert (await merged.refund("r1", "a1", "10", ANNA)).status_code == 200


async def test_an_etag_of_one_account_is_stale_for_several(merged: Api) -> None:
    body = {"spend_id": "s1", "points": 1, "reason": "x"}
    answer = await merged.client.post(f"/v1/members/{ANNA}/spends", json=body, headers={"If-Match": '"2"'})
    assert answer.status_code == 412
    assert (await merged.get("balance"))["balance"] == 50


async def test_a_shared_spend_sent_again_with_its_key_answers_the_same(merged: Api) -> None:
    body = {"spend_id": "s1", "points": 45, "reason": "x"}
    send = [
        await merged.client.post(f"/v1/members/{ANNA}/spends", json=body, headers={"Idempotency-Key": "k"})
        for _ in range(2)
    ]
    assert send[0].json() == send[1].json()
    assert send[1].headers["Idempotency-Replayed"] == "true"


async def test_enrolling_one_of_them_answers_in_the_name_of_all(merged: Api) -> None:
    answer = await merged.client.put(f"/v1/members/{BERT}")
    assert (answer.status_code, answer.json()) == (200, {"customer_id": str(ANNA)})
    assert answer.headers["Content-Location"] == f"/v1/members/{ANNA}"


async def test_timers_book_each_owners_lots(api: Api) -> None:
    api.client = api.made(points_valid_months=1)
    await api.earn("a1", "30", ANNA)
    await api.earn("b1", "20", BERT)
    await api.merge()
    await api.spend("s1", 45, ANNA)
    api.now = day(40)
    assert (await api.get("balance"))["balance"] == 0
    await api.fire()
    expired = [
        item.event.points
        for who in (ANNA, BERT)
        for item in await api.store.read(f"account-{who}")
        if item.type == "points-expired"
    ]
    assert expired == [5]
    assert (await api.take_back("s1", BERT)).json()["balance"] == 0


async def test_of_twenty_spends_at_once_over_a_merged_pair_none_overspends(merged: Api) -> None:
    answers = await asyncio.gather(*(merged.spend(f"s{place}", 15, (ANNA, BERT)[place % 2]) for place in range(20)))
    assert Counter(answer.status_code for answer in answers)[201] == 3
    assert {code(answer) for answer in answers if answer.status_code != 201} == {(409, "balance-too-low")}
    assert (await merged.get("balance"))["balance"] == 5
    spent: Counter[str] = Counter()
    for who in (ANNA, BERT):
        for item in await merged.store.read(f"account-{who}"):
            spent.update(getattr(item.event, "allocations", {}))
    assert spent == {"shop:a1": 30, "shop:b1": 15}


async def test_of_twenty_repeats_at_once_one_counts(merged: Api) -> None:
    answers = await asyncio.gather(*(merged.spend("s1", 40, (ANNA, BERT)[place % 2]) for place in range(20)))
    assert Counter(answer.status_code for answer in answers)[201] == 1
    assert (await merged.get("balance"))["balance"] == 10


async def test_an_order_sent_at_once_to_both_earns_once(merged: Api) -> None:
    """Each writes its own account alone: only that the other's is still as it was read keeps them apart."""
    for place in range(10):
        order: dict[str, Any] = {"order": f"x{place}", "net": "1"}
        answers = await asyncio.gather(*(merged.earn(who=who, **order) for who in (ANNA, BERT)))
        assert sorted(answer.status_code for answer in answers) == [200, 201]
    assert (await merged.get("balance"))["balance"] == 60
