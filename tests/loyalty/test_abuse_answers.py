"""Limits of abuse through the API: refused and told, asked for a proof, withheld, reviewed, blocked."""

import asyncio
from collections import Counter
from typing import Any

import asyncpg

from services.loyalty.domain.abuse.watch import WATCH
from tests.loyalty.conduct import CLEO, POOLS, Conduct
from tests.loyalty.loyalty_facts import ANNA, BERT, day
from tests.loyalty.reward_facts import name
from tests.loyalty.shops import OFFER, refusal

THREE_A_DAY = {"kind": "earning", "hours": 24, "most_acts": 3}
ONE_SPEND = {"kind": "redemption", "hours": 24, "most_acts": 1, "outcome": "refuse"}


async def shop_with(pool: asyncpg.Pool, **abuse: Any) -> Conduct:
    shop = Conduct(pool)
    await shop.run(abuse=abuse, pools=POOLS)
    return shop


async def test_without_limits_nothing_is_kept_and_nothing_is_refused(pool: asyncpg.Pool) -> None:
    shop = Conduct(pool)
    await shop.run()
    await shop.earn("o1", "50")
    assert (await shop.spend("s1", 50)).status_code == 201
    assert await shop.streams(f"{WATCH.name}-") == []


async def test_a_spend_too_many_is_refused_and_told_with_its_reason(pool: asyncpg.Pool) -> None:
    shop = await shop_with(pool, velocity=[ONE_SPEND])
    await shop.earn("o1", "50")
    assert (await shop.spend("s1", 10)).status_code == 201
    for _ in range(2):
        refused = await shop.spend("s2", 10)
        assert refusal(refused) == (409, "limit-exceeded")
        assert "2 acts of redemption within 24 hours: 1 are the most" in refused.json()["detail"]
    assert (await shop.spend("s1", 10)).status_code == 200
    assert (await shop.balance(), await shop.decisions()) == (
        40,
        [("redemption", "refuse", "velocity-redemption", False)],
    )
    shop.now = day(1)
    assert (await shop.spend("s2", 10)).status_code == 201


async def test_holds_redemptions_and_spends_of_a_pool_count_as_redemptions(pool: asyncpg.Pool) -> None:
    shop = await shop_with(pool, velocity=[ONE_SPEND])
    await shop.earn("o1", "500")
    await shop.publish({**OFFER, "price": 10})
    await shop.stock(2)
    await shop.create()
    assert (await shop.redeem(1)).status_code == 201
    until = day(1).isoformat()
    refused = [
        await shop.redeem(2),
        await shop.post(f"members/{ANNA}/holds", hold_id="h1", points=1, reason="x", until=until),
        await shop.share(1),
        await shop.spend("s1", 1),
    ]
    assert {refusal(answer) for answer in refused} == {(409, "limit-exceeded")}
    assert (await shop.balance(), await shop.left(), len(await shop.decisions())) == (490, 1, 4)


async def test_of_twenty_spends_at_once_no_more_pass_than_are_allowed(pool: asyncpg.Pool) -> None:
    shop = await shop_with(pool, velocity=[{**ONE_SPEND, "most_acts": 3}])
    await shop.earn("o1", "500")
    answers = await asyncio.gather(*(shop.spend(f"s{place}", 1) for place in range(20)))
    assert sum(answer.status_code == 201 for answer in answers) <= 3
    assert {refusal(answer) for answer in answers} <= {(201, ""), (409, "limit-exceeded"), (409, "busy")}
    for place in range(4):
        await shop.spend(f"t{place}", 1)
    assert await shop.balance() == 497


async def test_points_of_a_suspicious_order_are_blocked_until_someone_clears_them(pool: asyncpg.Pool) -> None:
    shop = await shop_with(pool, velocity=[THREE_A_DAY])
    for place in range(4):
        assert (await shop.earn(f"o{place}", "10")).status_code == 201
    told = await shop.get("balance")
    assert (told["balance"], told["blocked"], told["pending"]) == (30, 10, 0)
    lot = next(item for item in (await shop.get("lots"))["lots"] if item["blocked"])
    assert (lot["blocked"], lot["pending"], lot["awaits"]) == (10, 0, "a review")
    assert (await shop.get("abuse"))["decisions"][0]["withheld_lots"] == [lot["lot_id"]]
    assert refusal(await shop.post(f"members/{ANNA}/activations", activation_id="a1", lot_id=lot["lot_id"])) == (
        409,
        "lot-under-review",
    )
    review = {"kind": "earning", "act_id": "shop:o3", "cleared": True, "reason": "a wedding"}
    answers = [await shop.post(f"members/{ANNA}/reviews", **review) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert (await shop.get("balance"))["balance"] == 40
    reviewed = (await shop.get("abuse"))["decisions"][0]["review"]
    assert reviewed == {"cleared": True, "reason": "a wedding", "actor": "tester"}
    other = {**review, "cleared": False}
    assert refusal(await shop.post(f"members/{ANNA}/reviews", **other)) == (409, "review-differs")


async def test_points_of_a_suspicion_that_was_right_are_taken_back(pool: asyncpg.Pool) -> None:
    shop = await shop_with(pool, velocity=[{**THREE_A_DAY, "most_acts": 0}])
    await shop.earn("o1", "10")
    review = {"kind": "earning", "act_id": "shop:o1", "cleared": False, "reason": "a stolen card"}
    assert (await shop.post(f"members/{ANNA}/reviews", **review)).status_code == 201
    told = await shop.get("balance")
    assert (told["balance"], told["blocked"], told["debt"]) == (0, 0, 0)
    nothing = {**review, "act_id": "shop:o9"}
    assert refusal(await shop.post(f"members/{ANNA}/reviews", **nothing)) == (404, "suspicion-unknown")


async def test_they_are_held_until_the_return_window_ends_where_the_programme_says_so(pool: asyncpg.Pool) -> None:
    shop = await shop_with(pool, velocity=[{**THREE_A_DAY, "most_acts": 0}], withholding={"hours": 336})
    await shop.earn("o1", "10")
    shop.now = day(13)
    assert (await shop.get("balance"))["balance"] == 0
    shop.now = day(14)
    assert (await shop.get("balance"))["balance"] == 10


async def test_the_suspicion_too_many_blocks_and_the_staff_lifts_the_block(pool: asyncpg.Pool) -> None:
    shop = await shop_with(pool, velocity=[{**THREE_A_DAY, "most_acts": 1}], blocking={"suspicions": 2, "hours": 48})
    for place in range(4):
        assert (await shop.earn(f"o{place}", "10")).status_code == 201
    assert refusal(await shop.spend("s1", 1)) == (409, "account-frozen")
    blocked = (await shop.get("abuse"))["blocked"]
    assert (blocked["rule"], blocked["actor"]) == ("blocking", "rule")
    assert refusal(await shop.post(f"members/{ANNA}/unfreeze", reason="x")) == (409, "member-blocked")
    assert (await shop.post(f"members/{ANNA}/unblock", reason="a mistake")).status_code == 201
    assert (await shop.post(f"members/{ANNA}/unblock", reason="a mistake")).status_code == 200
    assert (await shop.spend("s1", 1)).status_code == 201


async def test_a_refusal_that_blocks_freezes_the_account(pool: asyncpg.Pool) -> None:
    shop = await shop_with(pool, velocity=[{**ONE_SPEND, "outcome": "block"}])
    await shop.earn("o1", "50")
    await shop.spend("s1", 1)
    assert refusal(await shop.spend("s2", 1)) == (409, "member-blocked")
    assert (await shop.get(""))["frozen"] is True
    assert (await shop.get("abuse"))["blocked"]["rule"] == "velocity-redemption"
    assert await shop.balance() == 49


async def test_the_staff_blocks_and_unblocks_all_who_are_one_and_thaws_only_what_the_block_froze(
    pool: asyncpg.Pool,
) -> None:
    shop = Conduct(pool)
    await shop.run()
    for who in (ANNA, BERT):
        await shop.earn("o1", "50", who)
    await shop.post(f"members/{BERT}/freeze", reason="before")
    await shop.merge()
    blocked = [await shop.post(f"members/{ANNA}/block", reason="a stolen card") for _ in range(2)]
    assert [answer.status_code for answer in blocked] == [201, 200]
    assert refusal(await shop.spend("s1", 1)) == (409, "account-frozen")
    assert (await shop.get("abuse", BERT))["blocked"]["reason"] == "a stolen card"
    assert (await shop.post(f"members/{BERT}/unblock", reason="found")).status_code == 201
    await shop.undo()
    assert [(await shop.get("", who))["frozen"] for who in (ANNA, BERT)] == [False, True]


async def test_a_block_freezes_all_who_are_one(pool: asyncpg.Pool) -> None:
    shop = Conduct(pool)
    await shop.run()
    await shop.merge()
    await shop.post(f"members/{ANNA}/block", reason="a stolen card")
    await shop.undo()
    assert [(await shop.get("", who))["frozen"] for who in (ANNA, BERT, CLEO)] == [True, True, False]


async def test_who_is_blocked_and_was_merged_with_someone_takes_nothing_out_by_them(pool: asyncpg.Pool) -> None:
    shop = await shop_with(pool, velocity=[{**ONE_SPEND, "most_acts": 99}])
    await shop.post(f"members/{ANNA}/block", reason="a stolen card")
    await shop.earn("o1", "50", BERT)
    await shop.merge()
    assert refusal(await shop.spend("s1", 1, BERT)) == (409, "member-blocked")


async def test_merged_members_reach_a_limit_together(pool: asyncpg.Pool) -> None:
    shop = await shop_with(pool, velocity=[ONE_SPEND])
    await shop.earn("o1", "50")
    await shop.spend("s1", 1)
    await shop.merge()
    assert refusal(await shop.spend("s2", 1, BERT)) == (409, "limit-exceeded")


async def test_young_members_give_nothing_away_and_little_of_what_they_just_got(pool: asyncpg.Pool) -> None:
    shop = await shop_with(pool, transfers={"least_member_hours": 48, "passing_hours": 24, "most_passed_on": "0.5"})
    young = (await shop.client.put(f"/v1/members/{name(9)}")).status_code
    assert young == 201
    await shop.earn("o1", "50", name(9))
    assert refusal(await shop.give(5, who=name(9), to=ANNA)) == (409, "limit-exceeded")
    await shop.earn("o1", "50")
    assert (await shop.give(40)).status_code == 201
    assert (await shop.give(30, who=BERT, to=CLEO)).status_code == 201
    assert await shop.decisions(BERT) == [("transfer", "suspect", "transfer-passed-on", True)]
    assert await shop.decisions(name(9)) == [("transfer", "refuse", "transfer-too-young", False)]


async def test_who_came_by_an_order_is_a_member_since_that(pool: asyncpg.Pool) -> None:
    shop = await shop_with(pool, transfers={"least_member_hours": 48})
    newcomer = name(9)
    await shop.earn("o1", "50", newcomer)
    assert refusal(await shop.give(5, who=newcomer)) == (409, "limit-exceeded")
    shop.now = day(2)
    assert (await shop.give(5, who=newcomer)).status_code == 201


async def test_a_purchase_given_back_after_its_points_were_redeemed_is_suspected_and_given_back(
    pool: asyncpg.Pool,
) -> None:
    shop = await shop_with(pool, return_loops={"hours": 720, "return_hours": 336, "most": 0})
    await shop.earn("o1", "50")
    shop.now = day(1)
    await shop.spend("s1", 50)
    shop.now = day(2)
    assert (await shop.refund("r1", "o1", "50")).status_code == 201
    assert await shop.decisions() == [("return", "suspect", "return-loop", True)]
    assert (await shop.get("balance"))["debt"] == 50


async def test_only_the_staff_sees_decisions_and_takes_them(pool: asyncpg.Pool) -> None:
    shop = await shop_with(pool, velocity=[ONE_SPEND])
    shop.be(ANNA)
    review = {"kind": "earning", "act_id": "shop:o1", "cleared": True, "reason": "x"}
    answers = [
        await shop.client.get(f"/v1/members/{ANNA}/abuse"),
        await shop.client.get("/v1/flagged-members"),
        await shop.post(f"members/{ANNA}/block", reason="x"),
        await shop.post(f"members/{ANNA}/unblock", reason="x"),
        await shop.post(f"members/{ANNA}/reviews", **review),
    ]
    assert {refusal(answer) for answer in answers} == {(404, "not-yours")}


async def test_nobody_who_is_no_member_is_blocked(pool: asyncpg.Pool) -> None:
    shop = await shop_with(pool)
    assert refusal(await shop.post(f"members/{name(8)}/block", reason="x")) == (404, "member-unknown")


async def test_the_list_shows_who_was_flagged_and_what_is_still_to_be_looked_at(pool: asyncpg.Pool) -> None:
    shop = await shop_with(pool, velocity=[{**THREE_A_DAY, "most_acts": 0}, ONE_SPEND])
    await shop.earn("o1", "50")
    await shop.earn("o2", "50")
    await shop.post(f"members/{ANNA}/reviews", kind="earning", act_id="shop:o1", cleared=True, reason="looked at it")
    await shop.spend("s1", 1)
    await shop.spend("s2", 1)
    await shop.post(f"members/{BERT}/block", reason="a stolen card")
    await shop.show()
    rows = {row["customer_id"]: row for row in (await shop.client.get("/v1/flagged-members")).json()["data"]}
    mine = rows[str(ANNA)]
    assert (mine["suspicions"], mine["open"], mine["refusals"], mine["blocked"]) == (2, 1, 1, False)
    assert (mine["last_rule"], mine["last_outcome"]) == ("velocity-redemption", "refuse")
    assert rows[str(BERT)]["blocked"] is True
    assert str(CLEO) not in rows
    for query, expected in (("filter[blocked]=true", BERT), ("filter[open][gte]=1", ANNA)):
        found = (await shop.client.get(f"/v1/flagged-members?{query}")).json()["data"]
        assert [row["customer_id"] for row in found] == [str(expected)]


async def test_what_was_decided_is_told_as_of_any_moment(pool: asyncpg.Pool) -> None:
    shop = await shop_with(pool, velocity=[{**THREE_A_DAY, "most_acts": 0}])
    await shop.earn("o1", "50")
    shop.now = day(2)
    before = await shop.get("abuse", as_of=day(-1).isoformat())
    assert (before["decisions"], len((await shop.get("abuse"))["decisions"])) == ([], 1)


async def test_what_limits_say_is_checked_and_told_in_words(pool: asyncpg.Pool) -> None:
    shop = await shop_with(pool, velocity=[THREE_A_DAY])
    said = (await shop.client.get("/v1/programmes/shop/difference")).json()["changes"]
    assert {"at": "/abuse/velocity/earning-24h-suspect"}.items() <= next(
        item for item in said if "velocity" in item["at"]
    ).items()
    faulty = {**(await shop.client.get("/v1/programmes/shop")).json()["document"], "pools": {"most": 99}}
    checked = (await shop.client.post("/v1/programmes/shop/check", json={"document": faulty})).json()
    assert [fault["at"] for fault in checked["faults"]] == ["/pools/most"]
    counted = Counter(change["at"] for change in checked["changes"])
    assert counted["/pools/most"] == 1
