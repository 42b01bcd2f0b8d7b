"""A member's tier over the API: it multiplies what they earn from then on, and lowers what rewards cost them."""

from decimal import Decimal

import asyncpg
import pytest
from msgspec import structs

from services.loyalty.domain.programme.document import Document
from services.loyalty.domain.tiers.table import Benefits, Tier, TierTable
from tests.loyalty.loyalty_facts import ANNA, BERT, day
from tests.loyalty.reward_facts import MUG
from tests.loyalty.shops import OFFER, Shop
from tests.loyalty.test_tier_answers import CLUB, grant, publish
from tests.loyalty.tier_facts import on

GOLD = Tier("gold", 100, benefits=Benefits(Decimal(2), Decimal("0.75")))
GENEROUS: Document = structs.replace(CLUB, tiers=TierTable((Tier("member", 0), GOLD)))


@pytest.fixture
async def club(pool: asyncpg.Pool) -> Shop:
    """A club in which a hundred points make gold, and ten mugs."""
    shop = Shop(pool)
    await publish(shop, GENEROUS, on("2020-01-01"))
    shop.client = shop.made(programme="club")
    await shop.publish(OFFER)
    await shop.stock(10)
    await shop.earn("o1", "100")
    await shop.earn("o1", "99", BERT)
    shop.now = day(1)
    return shop


async def price(club: Shop, who: object = ANNA) -> tuple[int, str | None]:
    shown = (await club.client.get(f"/v1/rewards/{MUG}", params={"member": str(who)})).json()["for_member"]
    assert shown["list_price"] == 100
    return shown["price"], shown["tier"]


async def test_the_catalogue_shows_each_member_the_price_of_their_tier_and_they_pay_it(club: Shop) -> None:
    assert [await price(club, who) for who in (ANNA, BERT)] == [(75, "gold"), (100, "member")]
    await club.show()
    (row,) = (await club.client.get("/v1/rewards", params={"member": str(ANNA)})).json()["data"]
    assert (row["for_member"]["price"], row["for_member"]["affordable"]) == (75, True)
    made = await club.redeem()
    assert made.status_code == 201, made.text
    assert [made.json()[field] for field in ("points", "list_price", "tier")] == [75, 100, "gold"]
    assert await club.balance() == 25


async def test_a_rewards_own_price_for_the_tier_goes_before(club: Shop) -> None:
    await club.publish({**OFFER, "tier_prices": {"gold": 90}})
    assert await price(club) == (90, "gold")
    assert (await club.redeem()).json()["points"] == 90


async def test_merged_members_pay_by_the_tier_that_they_have_together(club: Shop) -> None:
    await club.merge()
    assert await price(club, BERT) == (75, "gold")
    assert (await club.redeem(who=BERT)).json()["points"] == 75


async def test_who_has_reached_a_tier_earns_more_from_the_next_order_on(club: Shop) -> None:
    await club.earn("o2", "10")
    await club.earn("o2", "10", BERT)
    assert [await club.balance(who) for who in (ANNA, BERT)] == [120, 109]
    found = (await club.get("why/shop:o2:tier-benefit:1"))["because"]
    assert found[-1]["rule"]["sentence"] == "for gold: multiply: 2 times the base in points, as the benefit of the tier"


async def test_a_late_order_that_lifts_a_tier_and_a_return_that_costs_it_correct_what_followed(club: Shop) -> None:
    club.now = day(3)
    await club.earn("o3", "10", BERT, earned_at=day(2).isoformat())
    await club.earn("o2", "1", BERT, earned_at=day(1).isoformat())
    assert await club.balance(BERT) == 99 + 1 + 20
    club.now = day(5)
    await club.earn("o4", "10", BERT)
    assert await club.balance(BERT) == 99 + 1 + 20 + 20
    club.now = day(6)
    await club.refund("r1", "o1", "99", BERT)
    assert await club.balance(BERT) == 1 + 20 + 20  # had in good faith


async def test_a_tier_that_is_granted_for_a_time_that_has_begun_lets_what_was_earned_since_count_for_more(
    club: Shop,
) -> None:
    club.client = club.made(programme="club")
    await club.earn("o5", "10", BERT)
    club.now = day(2)
    body = {"grant_id": "g1", "tier": "gold", "since": day(0.5).isoformat(), "until": day(9).isoformat(), "reason": "x"}
    answer = await club.client.post(f"/v1/members/{BERT}/tier-grants", json=body)
    assert answer.status_code == 201, answer.text
    assert await club.balance(BERT) == 99 + 20
    assert (await club.client.post(f"/v1/members/{BERT}/tier-grants", json=body)).status_code == 200
    assert (await grant(club)).status_code == 201
