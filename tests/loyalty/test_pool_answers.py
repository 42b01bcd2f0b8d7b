"""Household pools through the API, on real PostgreSQL."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

import asyncpg
import pytest

from shared.store.contract import Append
from shared.store.postgres import PostgresEventStore
from tests.loyalty.conduct import CLEO, POOLS, Conduct
from tests.loyalty.loyalty_facts import ANNA, BERT, day
from tests.loyalty.reward_facts import name
from tests.loyalty.shops import OFFER, SENT, refusal


@pytest.fixture
async def home(pool: asyncpg.Pool) -> Conduct:
    """A pool of Anna, who has 50 points, and Bert, who has 60; Cleo has 10, and is in none."""
    home = Conduct(pool)
    await home.run(pools=POOLS)
    for who, points in ((ANNA, "50"), (BERT, "60"), (CLEO, "10")):
        await home.earn("o1", points, who)
    await home.create()
    await home.join()
    return home


async def balances(home: Conduct) -> list[int]:
    return [await home.balance(who) for who in (ANNA, BERT, CLEO)]


async def test_a_pool_shows_who_shares_it_and_what_each_gives(home: Conduct) -> None:
    shown = (await home.client.get("/v1/pools/p1")).json()
    assert shown == {
        "pool_id": "p1",
        "owner": str(ANNA),
        "members": [str(ANNA), str(BERT)],
        "invited": [],
        "most": 3,
        "leaving": "take",
        "spenders": "members",
        "closed": False,
        "programme": "shop",
    }
    body = (await home.client.get("/v1/pools/p1/balance")).json()
    assert body["balances"] == [{"currency": "points", "balance": 110}]
    assert [(item["customer_id"], item["standing"], item["gives"][0]["points"]) for item in body["members"]] == [
        (str(ANNA), "open", 50),
        (str(BERT), "open", 60),
    ]
    assert (await home.get("pool", BERT))["pool_id"] == "p1"
    assert refusal(await home.client.get(f"/v1/members/{CLEO}/pool")) == (404, "not-in-a-pool")


async def test_a_spend_is_shared_counts_once_and_is_taken_back_whole(home: Conduct) -> None:
    first, again = await home.share(70), await home.share(70)
    assert [first.status_code, again.status_code] == [201, 200]
    assert first.json() == again.json()
    assert {part["customer_id"]: part["points"] for part in first.json()["parts"]} == {str(ANNA): 50, str(BERT): 20}
    assert refusal(await home.share(71)) == (409, "spend-differs")
    assert refusal(await home.share(41, "s2")) == (409, "pool-balance-too-low")
    back = await home.post("pools/p1/spends/s1/reversal")
    assert (back.status_code, back.json()["reversed"], await balances(home)) == (201, True, [50, 60, 10])
    assert (await home.post("pools/p1/spends/s1/reversal")).status_code == 200


async def test_a_members_part_of_a_whole_is_not_taken_back_alone(home: Conduct) -> None:
    await home.share(70)
    await home.publish({**OFFER, "price": 40})
    await home.stock(1)
    await home.redeem(1, BERT)
    home.be(BERT)
    for spend in ("pool%20p1%20s1", f"redemption:{name(1)}"):
        assert refusal(await home.take_back(spend, BERT)) == (409, "part-of-a-whole")
    assert await home.balance(BERT) == 0


async def test_a_hold_of_a_redemption_is_neither_captured_nor_released_alone(home: Conduct) -> None:
    await home.publish({**SENT, "price": 40})
    await home.stock(1)
    await home.redeem(1, BERT)
    home.be(BERT)
    for how in ("release", "capture"):
        answer = await home.post(f"members/{BERT}/holds/redemption:{name(1)}/{how}")
        assert refusal(answer) == (409, "part-of-a-whole")
    assert (await home.get("balance", BERT))["held"] == 40


async def test_of_twenty_spends_of_everything_at_once_one_is_made(home: Conduct) -> None:
    answers = await asyncio.gather(*(home.share(110, f"s{place}") for place in range(20)))
    assert Counter(map(refusal, answers)) == {(201, ""): 1, (409, "pool-balance-too-low"): 19}
    assert await balances(home) == [0, 0, 10]


async def test_pool_and_members_who_spend_at_once_never_overdraw(home: Conduct) -> None:
    shared = [home.share(60, f"s{place}") for place in range(6)]
    own = [home.spend(f"a{place}", 30, ANNA) for place in range(6)]
    answers = await asyncio.gather(*shared, *own)
    spent = sum(60 if place < 6 else 30 for place, answer in enumerate(answers) if answer.status_code == 201)
    assert sum(await balances(home)) == 120 - spent >= 10


async def test_a_retry_with_its_key_gets_the_same_answer(home: Conduct) -> None:
    body = {"spend_id": "s1", "points": 20, "reason": "a trip"}
    headers = {"Idempotency-Key": "k1"}
    first, again = [await home.client.post("/v1/pools/p1/spends", json=body, headers=headers) for _ in range(2)]
    assert (again.json(), again.headers["idempotency-replayed"]) == (first.json(), "true")


async def test_a_redemption_is_paid_by_the_pool_and_given_back_to_whose_points_it_was(home: Conduct) -> None:
    await home.publish(OFFER)
    await home.stock(1)
    wanted = {"reward_id": "mug", "redemption_id": str(name(1)), "pool_id": "p1"}
    answer = await home.post(f"members/{BERT}/redemptions", **wanted)
    assert (answer.status_code, answer.json()["pool_id"], await balances(home)) == (201, "p1", [0, 10, 10])
    assert (await home.post(f"members/{BERT}/redemptions", **wanted)).status_code == 200
    assert (await home.end("cancellation")).status_code == 201
    assert await balances(home) == [50, 60, 10]
    refused = await home.post(f"members/{CLEO}/redemptions", **{**wanted, "redemption_id": str(name(2))})
    assert refusal(refused) == (409, "not-in-the-pool")
    assert await home.left() == 1


async def test_a_redemption_that_waits_holds_the_points_of_the_pool(home: Conduct) -> None:
    await home.publish(SENT)
    await home.stock(1)
    wanted = {"reward_id": "mug", "redemption_id": str(name(1)), "pool_id": "p1"}
    assert (await home.post(f"members/{ANNA}/redemptions", **wanted)).status_code == 201
    assert refusal(await home.share(11)) == (409, "pool-balance-too-low")
    assert (await home.fulfil()).status_code == 201
    assert await balances(home) == [0, 10, 10]


async def test_merged_members_are_one_in_a_pool_and_their_points_in_it(home: Conduct) -> None:
    await home.merge(CLEO, BERT)
    assert (await home.client.get("/v1/pools/p1/balance")).json()["balances"][0]["balance"] == 120
    home.be(CLEO)
    answer = await home.share(120)
    assert (answer.status_code, answer.json()["by"]) == (201, str(BERT))


async def test_who_was_merged_into_another_pool_is_told_so_and_gives_to_neither(home: Conduct) -> None:
    await home.create(CLEO, "p2")
    await home.merge(CLEO, BERT)
    for which, total in (("p1", 50), ("p2", 0)):
        body = (await home.client.get(f"/v1/pools/{which}/balance")).json()
        assert (body["balances"][0]["balance"], body["members"][-1]["standing"]) == (total, "in-another-pool")


async def test_a_frozen_member_gives_nothing_and_the_pool_goes_on(home: Conduct) -> None:
    await home.post(f"members/{BERT}/freeze", reason="a check")
    body = (await home.client.get("/v1/pools/p1/balance")).json()
    assert [item["standing"] for item in body["members"]] == ["open", "frozen"]
    assert refusal(await home.share(51)) == (409, "pool-balance-too-low")
    assert (await home.share(50)).status_code == 201


async def test_a_customers_own_token_does_what_a_member_may_and_sees_no_other_pool(home: Conduct) -> None:
    home.be(CLEO)
    for path in ("pools/p1", "pools/p1/balance"):
        assert refusal(await home.client.get(f"/v1/{path}")) == (404, "pool-unknown")
    assert refusal(await home.share(1)) == (404, "pool-unknown")
    assert refusal(await home.create(ANNA, "p2")) == (404, "customer-unknown")
    home.be(BERT)
    assert refusal(await home.share(1, by=str(ANNA))) == (404, "customer-unknown")
    assert refusal(await home.post("pools/p1/invitations", customer_id=str(CLEO))) == (409, "not-the-owner")
    assert refusal(await home.post("pools/p1/dissolution")) == (409, "not-the-owner")
    assert (await home.share(1)).json()["by"] == str(BERT)
    home.be(ANNA)
    await home.post("pools/p1/invitations", customer_id=str(CLEO))
    home.be(CLEO)
    assert (await home.client.get("/v1/pools/p1")).status_code == 200
    assert refusal(await home.client.get("/v1/pools/p1/balance")) == (404, "pool-unknown")
    assert (await home.post(f"pools/p1/invitations/{CLEO}/end")).status_code == 201
    assert refusal(await home.post(f"pools/p1/invitations/{CLEO}/acceptance")) == (409, "not-invited")


async def test_an_invitation_ends_when_the_programme_says(home: Conduct) -> None:
    await home.post("pools/p1/invitations", customer_id=str(CLEO))
    home.now = day(14)
    assert refusal(await home.post(f"pools/p1/invitations/{CLEO}/acceptance")) == (409, "not-invited")
    assert (await home.client.get("/v1/pools/p1")).json()["invited"] == []


async def test_one_is_in_one_pool_at_a_time_and_leaves_it_for_another(home: Conduct) -> None:
    await home.create(CLEO, "p2")
    assert refusal(await home.join(BERT, "p2")) == (409, "in-another-pool")
    assert refusal(await home.create(BERT, "p3")) == (409, "in-another-pool")
    assert refusal(await home.client.get("/v1/pools/p3")) == (404, "pool-unknown")
    assert (await home.post(f"pools/p1/members/{BERT}/departure")).status_code == 201
    assert (await home.post(f"pools/p2/invitations/{BERT}/acceptance")).status_code == 201
    assert await balances(home) == [50, 60, 10]


async def test_who_leaves_a_pool_of_that_rule_leaves_their_points(pool: asyncpg.Pool) -> None:
    home = Conduct(pool)
    await home.run(pools={"leaving": "leave"})
    await home.earn("o1", "60", BERT)
    await home.create()
    await home.join()
    assert (await home.post(f"pools/p1/members/{BERT}/departure")).status_code == 201
    assert (await home.post(f"pools/p1/members/{BERT}/departure")).status_code == 200
    assert await balances(home) == [60, 0, 0]


async def test_a_dissolved_pool_is_closed_and_everyone_has_what_is_theirs(home: Conduct) -> None:
    await home.share(70)
    assert (await home.post("pools/p1/dissolution")).json()["closed"] is True
    assert refusal(await home.share(1, "s2")) == (409, "pool-closed")
    assert refusal(await home.join(CLEO)) == (409, "pool-closed")
    assert (await home.post("pools/p1/spends/s1/reversal")).status_code == 201
    assert await balances(home) == [50, 60, 10]


async def test_without_pools_in_the_programme_there_are_none(pool: asyncpg.Pool) -> None:
    home = Conduct(pool)
    await home.run()
    assert refusal(await home.create()) == (409, "pools-not-offered")
    home.client = home.made()
    assert refusal(await home.create()) == (409, "pools-not-offered")


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("pools", {"pool_id": "P 1", "owner": str(ANNA)}, "pool_id"),
        ("pools", {"pool_id": "p2", "owner": "anna"}, "owner"),
        ("pools/p1/spends", {"spend_id": "a b", "points": 1, "reason": "x"}, "spend_id"),
        ("pools/p1/spends", {"spend_id": "s", "points": 0, "reason": "x"}, "points"),
        ("pools/p1/spends", {"spend_id": "s", "points": 2**63, "reason": "x"}, "points"),
        ("pools/p1/spends", {"spend_id": "s", "points": 1.5, "reason": "x"}, "points"),
        ("pools/p1/spends", {"spend_id": "s", "points": 1, "reason": "x", "currency": "miles"}, "currency"),
    ],
)
async def test_what_makes_no_sense_is_named(path: str, body: dict[str, object], field: str, home: Conduct) -> None:
    answer = await home.post(path, **body)
    assert (answer.status_code, [item["field"] for item in answer.json()["errors"]]) == (422, [field])


async def test_the_list_shows_pools_by_their_members_and_owners(home: Conduct) -> None:
    await home.create(CLEO, "p2")
    await home.share(20)
    await home.post("pools/p2/dissolution")
    await home.show()
    rows = (await home.client.get("/v1/pools?sort=-members")).json()["data"]
    assert [(row["pool_id"], row["members"], row["spends"], bool(row["closed_at"])) for row in rows] == [
        ("p1", 2, 1, False),
        ("p2", 0, 0, True),
    ]
    found = (await home.client.get("/v1/pools?filter[members][gte]=2")).json()["data"]
    assert [row["customer_id"] for row in found] == [str(ANNA)]
    home.be(BERT)
    assert (await home.client.get("/v1/pools")).json()["data"] == []


async def test_a_pools_owner_is_in_the_list_whoever_it_is_now(home: Conduct) -> None:
    await home.post(f"pools/p1/members/{ANNA}/departure")
    await home.show()
    row = (await home.client.get("/v1/pools")).json()["data"][0]
    assert (row["customer_id"], row["members"]) == (str(BERT), 1)


async def test_spends_of_one_pool_at_once_wait_in_a_line_and_are_stored_together(
    home: Conduct, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored, append = 0, PostgresEventStore.append

    async def counted(store: PostgresEventStore, *appends: Append, once: Any = None) -> Sequence[int]:
        nonlocal stored
        stored += any(item.stream == "pool-p1" for item in appends)
        return await append(store, *appends, once=once)

    monkeypatch.setattr(PostgresEventStore, "append", counted)
    answers = await asyncio.gather(*(home.share(1, f"s{place}") for place in range(20)))
    assert [answer.status_code for answer in answers] == [201] * 20
    assert stored < 20
