"""Redemptions through the API, on real PostgreSQL: whole or not at all, once, and the last one to one of many."""

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from tests.loyalty.loyalty_facts import ANNA, BERT, NOW, day
from tests.loyalty.reward_facts import MUG, SOON, name
from tests.loyalty.shops import OFFER, SENT, VOUCHER, Shop, refusal


@pytest.fixture
async def shop(pool: asyncpg.Pool) -> Shop:
    """Anna has 250 points, and of a mug for 100 there are two."""
    shop = Shop(pool)
    await shop.publish(OFFER)
    await shop.stock(2)
    await shop.earn("o1", "250")
    return shop


async def test_a_redemption_takes_points_and_stock_once(shop: Shop) -> None:
    first, again = await shop.redeem(), await shop.redeem()
    assert [first.status_code, again.status_code] == [201, 200]
    assert (
        first.json()
        == again.json()
        == {
            "redemption_id": str(name(1)),
            "customer_id": str(ANNA),
            "reward_id": MUG,
            "points": 100,
            "points_currency": "points",
            "list_price": 100,
            "tier": None,
            "partner": None,
            "expires_at": None,
            "pool_id": None,
            "status": "fulfilled",
            "reference": None,
            "code": None,
        }
    )
    assert (await shop.balance(), await shop.left()) == (150, 1)
    shown = await shop.client.get(first.headers["location"])
    assert shown.json() == first.json()


async def test_a_retry_with_its_key_gets_the_same_answer(shop: Shop) -> None:
    first, again = [await shop.redeem(None, key="k1") for _ in range(2)]
    assert (again.json(), again.headers["idempotency-replayed"]) == (first.json(), "true")
    assert await shop.left() == 1


async def test_a_refusal_says_which_rule_and_takes_nothing(shop: Shop) -> None:
    assert refusal(await shop.redeem(1, BERT)) == (409, "balance-too-low")
    assert refusal(await shop.redeem(1, reward="none")) == (404, "reward-unknown")
    await shop.redeem(1)
    await shop.redeem(2)
    await shop.earn("o2", "500")
    assert refusal(await shop.redeem(3)) == (409, "reward-out-of-stock")
    assert refusal(await shop.redeem(1, BERT)) == (409, "redemption-differs")
    assert (await shop.balance(), await shop.left()) == (550, 0)
    await shop.post(f"rewards/{MUG}/withdrawal")
    assert refusal(await shop.redeem(3)) == (409, "reward-withdrawn")


async def test_a_limit_is_told_with_when_it_ends(shop: Shop) -> None:
    await shop.publish({**OFFER, "limit": {"count": 1, "days": 7}})
    await shop.redeem(1)
    refused = await shop.redeem(2)
    assert refusal(refused) == (409, "limit-reached")
    assert "2026-01-12T09:30:00Z" in refused.json()["detail"]
    shop.now = day(7)
    assert (await shop.redeem(2)).status_code == 201


async def test_a_redemption_of_a_limited_reward_reads_all_that_it_needs_at_once(shop: Shop) -> None:
    await shop.publish({**OFFER, "limit": {"count": 2}})
    await shop.redeem(1)
    reads = shop.count_reads()
    assert (await shop.redeem(2)).status_code == 201
    assert len(reads) == 1


async def test_merged_members_pay_together_and_get_back_apart(shop: Shop) -> None:
    await shop.earn("b1", "60", BERT)
    await shop.publish({**OFFER, "price": 300})
    await shop.merge(BERT, ANNA)
    assert (await shop.redeem(1, BERT)).status_code == 201
    assert await shop.balance(ANNA) == 10
    await shop.undo()
    assert (await shop.end("cancellation")).status_code == 201
    assert (await shop.balance(ANNA), await shop.balance(BERT)) == (250, 60)


async def test_a_members_own_token_redeems_for_themselves_and_calls_off_in_time(shop: Shop) -> None:
    await shop.publish(SENT)
    shop.confine(ANNA)
    assert refusal(await shop.redeem(1, BERT)) == (404, "customer-unknown")
    assert (await shop.redeem(1)).status_code == 201
    assert refusal(await shop.fulfil()) == (404, "not-yours")
    assert refusal(await shop.end("failure")) == (404, "not-yours")
    assert (await shop.end("cancellation")).json()["status"] == "cancelled"
    assert (await shop.balance(), await shop.left()) == (250, 2)


async def test_what_was_delivered_is_called_off_by_who_runs_the_programme_alone(shop: Shop) -> None:
    await shop.redeem(1)
    staff = shop.client.headers["Authorization"]
    shop.confine(ANNA)
    assert refusal(await shop.end("cancellation")) == (404, "not-yours")
    shop.client.headers["Authorization"] = staff
    assert (await shop.end("cancellation")).status_code == 201
    assert (await shop.end("cancellation")).status_code == 200
    assert (await shop.balance(), await shop.left()) == (250, 2)


async def test_what_waits_is_fulfilled_once(shop: Shop) -> None:
    await shop.publish(SENT)
    waits = await shop.redeem()
    assert (waits.json()["status"], waits.json()["expires_at"]) == ("fulfilling", "2026-01-05T10:30:00Z")
    done, again = await shop.fulfil(), await shop.fulfil()
    assert [(item.status_code, item.json()["status"]) for item in (done, again)] == [
        (201, "fulfilled"),
        (200, "fulfilled"),
    ]
    assert done.json()["reference"] == "parcel-1"
    assert refusal(await shop.end("failure")) == (409, "redemption-over")
    assert (await shop.balance(), await shop.left()) == (150, 1)


async def test_what_fails_gives_everything_back(shop: Shop) -> None:
    await shop.publish(SENT)
    await shop.redeem()
    assert (await shop.end("failure")).json()["status"] == "failed"
    assert refusal(await shop.fulfil()) == (409, "redemption-over")
    assert (await shop.balance(), await shop.left()) == (250, 2)


async def test_what_nobody_delivers_in_time_gives_everything_back(shop: Shop) -> None:
    await shop.publish(SENT)
    await shop.redeem()
    shop.now = SOON
    assert (await shop.client.get(f"/v1/redemptions/{name(1)}")).json()["status"] == "timed-out"
    assert (refusal(await shop.fulfil()), await shop.left()) == ((409, "redemption-over"), 2)
    for _ in range(2):
        assert (await shop.balance(), await shop.left()) == (250, 2)
        await shop.fire()
    booked = [(await shop.store.read(stream))[-1].type for stream in await shop.streams("redemption-")]
    assert booked == ["redemption-timed-out"]


async def test_a_code_is_told_to_its_member_and_taken_by_one_till(shop: Shop) -> None:
    await shop.publish(VOUCHER, "voucher")
    await shop.post("rewards/voucher/codes:batch", addition_id="b1", codes=["SPRING-1", "SPRING-2"])
    given = await shop.redeem(1, reward="voucher")
    assert given.json()["code"] == "SPRING-1"
    assert (await shop.client.get(f"/v1/redemptions/{name(1)}")).json()["code"] == "SPRING-1"

    async def till(code: str, receipt: str) -> tuple[int, str]:
        return refusal(await shop.post("codes:redeem", code=code, till="berlin-3", receipt=receipt))

    assert await till("SPRING-2", "r1") == (409, "code-not-given")
    assert await till("SPRING-9", "r1") == (404, "code-unknown")
    assert [await till("SPRING-1", receipt) for receipt in ("r1", "r1", "r2")] == [
        (201, ""),
        (200, ""),
        (409, "code-redeemed"),
    ]
    assert refusal(await shop.end("cancellation")) == (409, "code-redeemed")
    assert await shop.balance() == 150


async def test_a_code_of_a_cancelled_redemption_is_void(shop: Shop) -> None:
    await shop.publish(VOUCHER, "voucher")
    await shop.post("rewards/voucher/codes:batch", addition_id="b1", codes=["SPRING-1"])
    await shop.redeem(1, reward="voucher")
    assert (await shop.end("cancellation")).json()["code"] is None
    answer = await shop.post("codes:redeem", code="SPRING-1", till="t", receipt="r")
    assert refusal(answer) == (409, "code-void")
    assert refusal(await shop.redeem(2, reward="voucher")) == (409, "reward-out-of-stock")


async def test_redemptions_are_listed_by_member(shop: Shop) -> None:
    await shop.redeem(1)
    shop.now = NOW + timedelta(minutes=1)
    await shop.redeem(2)
    await shop.end("cancellation", 1)
    await shop.show()
    rows = (await shop.client.get("/v1/redemptions", params={"filter[customer_id]": str(ANNA)})).json()["data"]
    assert [(row["redemption_id"], row["status"]) for row in rows] == [
        (str(name(2)), "fulfilled"),
        (str(name(1)), "cancelled"),
    ]
    shop.confine(BERT)
    assert (await shop.client.get("/v1/redemptions")).json()["data"] == []
    assert (await shop.client.get(f"/v1/redemptions/{name(1)}")).status_code == 404


async def test_the_last_ones_go_to_as_many_of_twenty_at_two_processes(shop: Shop, pool: asyncpg.Pool) -> None:
    customers = [UUID(int=100 + number) for number in range(20)]
    for customer in customers:
        await shop.earn("o", "100", customer)
    other = Shop(pool, shop.vault)
    answers = await asyncio.gather(
        *((shop, other)[place % 2].redeem(place + 10, customer) for place, customer in enumerate(customers))
    )
    assert Counter(map(refusal, answers)) == {(201, ""): 2, (409, "reward-out-of-stock"): 18}
    assert await shop.left() == 0
    balances = [await shop.balance(customer) for customer in customers]
    assert Counter(balances) == {0: 2, 100: 18}


async def test_of_twenty_codes_nobody_gets_anothers_at_two_processes(shop: Shop, pool: asyncpg.Pool) -> None:
    await shop.publish(VOUCHER, "voucher")
    codes = [f"SPRING-{number}" for number in range(20)]
    await shop.post("rewards/voucher/codes:batch", addition_id="b1", codes=codes)
    await shop.earn("o2", "5000")
    other = Shop(pool, shop.vault)
    answers = await asyncio.gather(
        *((shop, other)[place % 2].redeem(place + 10, reward="voucher") for place in range(20))
    )
    assert sorted(answer.json()["code"] for answer in answers) == sorted(codes)
