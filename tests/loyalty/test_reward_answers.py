"""The catalogue through the API, on real PostgreSQL: what may be published, what a member sees, and pools of codes."""

from typing import Any

import asyncpg
import pytest

from tests.loyalty.loyalty_facts import ANNA, BERT, day
from tests.loyalty.reward_facts import MUG
from tests.loyalty.shops import OFFER, SENT, VOUCHER, Shop, refusal


@pytest.fixture
async def shop(pool: asyncpg.Pool) -> Shop:
    return Shop(pool)


async def test_a_reward_is_published_changed_and_withdrawn(shop: Shop) -> None:
    first, again = await shop.publish(OFFER), await shop.publish(OFFER)
    changed = await shop.publish({**OFFER, "price": 120})
    assert [(item.status_code, item.headers["etag"]) for item in (first, again, changed)] == [
        (201, '"1"'),
        (200, '"1"'),
        (201, '"2"'),
    ]
    assert (changed.json()["price"], changed.json()["stock"]) == (120, 0)
    assert (await shop.post(f"rewards/{MUG}/withdrawal")).json()["withdrawn"] is True
    assert refusal(await shop.post("rewards/none/withdrawal")) == (404, "reward-unknown")


async def test_an_offer_says_all_of_itself(shop: Shop) -> None:
    full = {
        "kind": "partner-reward",
        "titles": {"en": "A night", "de": "Eine Nacht"},
        "price": 1000,
        "points_currency": "points",
        "tier_prices": {"gold": 900},
        "supply": "counted",
        "opens_at": "2026-01-01T00:00:00Z",
        "closes_at": "2026-02-01T00:00:00Z",
        "limit": {"count": 2, "days": 30},
        "partner": "lake-hotels",
        "fulfilment": "external",
        "fulfil_within_hours": 72,
        "worth": {"amount": "89.00", "currency": "EUR"},
        "conversion": None,
    }
    await shop.publish(full)
    answer = (await shop.client.get(f"/v1/rewards/{MUG}")).json()
    assert {name: answer[name] for name in full} == full


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("closes_at", {"opens_at": "2026-02-01T00:00:00Z", "closes_at": "2026-01-01T00:00:00Z"}),
        ("titles", {"titles": {"English": "A mug"}}),
        ("price", {"price": 0}),
        ("price", {"price": 1.5}),
        ("price", {"price": 2**63}),
        ("tier_prices.gold", {"tier_prices": {"gold": 0}}),
        ("supply", {"kind": "voucher"}),
        ("partner", {"kind": "partner-reward"}),
        ("fulfil_within_hours", {"fulfilment": "external"}),
        ("limit.count", {"limit": {"count": 0}}),
        ("worth.amount", {"worth": {"amount": "-1", "currency": "EUR"}}),
        ("colour", {"colour": "blue"}),
    ],
)
async def test_a_fault_of_an_offer_is_named(shop: Shop, field: str, wrong: dict[str, Any]) -> None:
    answer = await shop.publish({**OFFER, **wrong})
    assert answer.status_code == 422
    assert [fault["field"] for fault in answer.json()["errors"]] == [field]
    assert refusal(await shop.client.get(f"/v1/rewards/{MUG}")) == (404, "reward-unknown")


async def test_stock_counts_once_for_each_id(shop: Shop) -> None:
    await shop.publish(OFFER)
    assert [(await shop.stock(3)).status_code, (await shop.stock(3)).status_code] == [201, 200]
    assert refusal(await shop.stock(4)) == (409, "stock-differs")
    wrong = {"correction_id": "c1", "quantity": -4, "reason": "broken"}
    assert refusal(await shop.post(f"rewards/{MUG}/stock-corrections", **wrong)) == (409, "stock-too-low")
    mended = await shop.post(f"rewards/{MUG}/stock-corrections", **{**wrong, "quantity": -1})
    assert (mended.status_code, mended.json()["stock"]) == (201, 2)


async def test_a_reward_is_shown_as_it_was(shop: Shop) -> None:
    await shop.publish(OFFER)
    await shop.stock(3)
    shop.now = day(2)
    await shop.stock(4, "a2")
    then = await shop.client.get(f"/v1/rewards/{MUG}", params={"as_of": day(1).isoformat()})
    assert (then.json()["stock"], await shop.left()) == (3, 7)


async def test_a_members_own_token_sees_the_catalogue_and_changes_nothing(shop: Shop) -> None:
    await shop.publish(OFFER)
    await shop.publish(OFFER, "bag")
    await shop.post("rewards/bag/withdrawal")
    await shop.show()
    assert {row["reward_id"] for row in (await shop.client.get("/v1/rewards")).json()["data"]} == {MUG, "bag"}
    shop.confine(ANNA)
    assert [row["reward_id"] for row in (await shop.client.get("/v1/rewards")).json()["data"]] == [MUG]
    assert (await shop.client.get(f"/v1/rewards/{MUG}")).status_code == 200
    tries = [await shop.publish(OFFER, "cup"), await shop.stock(1), await shop.load("AAAA")]
    tries += [await shop.post(f"rewards/{MUG}/withdrawal"), await shop.client.get(f"/v1/rewards?member={BERT}")]
    tries += [await shop.post("codes:redeem", code="AAAA", till="t", receipt="r")]
    assert [answer.status_code for answer in tries] == [404] * len(tries)


async def test_the_price_is_shown_for_who_asks_or_is_named(shop: Shop) -> None:
    await shop.publish({**OFFER, "limit": {"count": 2}})
    await shop.stock(5)
    await shop.earn("o1", "250")
    await shop.redeem()
    await shop.show()
    mine = {"list_price": 100, "price": 100, "tier": None, "affordable": True, "limit_left": 1}
    one = f"/v1/rewards/{MUG}"
    assert (await shop.client.get(one)).json()["for_member"] is None
    assert (await shop.client.get(one, params={"member": str(ANNA)})).json()["for_member"] == mine
    assert (await shop.client.get(one, params={"member": str(BERT)})).json()["for_member"]["affordable"] is False
    shop.confine(ANNA)
    assert (await shop.client.get(one)).json()["for_member"] == mine
    (row,) = (await shop.client.get("/v1/rewards")).json()["data"]
    assert (row["for_member"], row["stock"], row["taken"]) == (mine, 4, 1)


async def test_the_catalogue_can_be_filtered(shop: Shop) -> None:
    await shop.publish(OFFER)
    await shop.publish({**SENT, "price": 300}, "bag")
    await shop.publish({**VOUCHER, "price": 200}, "voucher")
    await shop.show()

    async def found(**filters: str) -> list[str]:
        answer = await shop.client.get(
            "/v1/rewards", params={f"filter[{name}]": value for name, value in filters.items()}
        )
        return [row["reward_id"] for row in answer.json()["data"]]

    assert await found() == [MUG, "voucher", "bag"]
    assert await found(kind="voucher") == ["voucher"]
    assert await found(fulfilment="external") == ["bag"]
    assert (await shop.client.get("/v1/rewards", params={"colour": "blue"})).status_code == 422


async def test_codes_are_loaded_once_each(shop: Shop) -> None:
    await shop.publish(VOUCHER)
    first = await shop.load("SPRING-1", "SPRING-2", "SPRING-1")
    assert (first.status_code, first.json()["stock"]) == (201, 2)
    assert {name: first.json()[name] for name in ("loaded", "known_before", "repeated")} == {
        "loaded": 2,
        "known_before": 0,
        "repeated": 1,
    }
    assert (await shop.load("SPRING-1", "SPRING-2", "SPRING-1")).status_code == 200
    second = (await shop.load("SPRING-2", "SPRING-3", addition="b2")).json()
    assert (second["loaded"], second["known_before"], second["stock"]) == (1, 1, 3)


async def test_a_code_that_can_be_none_is_named_by_its_place_and_not_repeated(shop: Shop) -> None:
    await shop.publish(VOUCHER)
    answer = await shop.load("SPRING-1", "no code", "abc")
    assert [fault["field"] for fault in answer.json()["errors"]] == ["codes.1", "codes.2"]
    assert "no code" not in answer.text
    assert (await shop.load(*(f"SPRING-{number}" for number in range(501)))).status_code == 422
    assert await shop.left() == 0


async def test_no_code_is_written_in_clear(shop: Shop, pool: asyncpg.Pool) -> None:
    await shop.publish(VOUCHER)
    await shop.load("SPRING-7F3K")
    await shop.earn("o1", "100")
    redeemed = await shop.redeem(None, key="k1")
    await shop.post("codes:redeem", code="SPRING-7F3K", till="t", receipt="r")
    assert redeemed.json()["code"] == "SPRING-7F3K"
    for table in ("event", "stream", "idempotency"):
        rows = await pool.fetch(f"SELECT t::text, * FROM {table} t")
        assert rows
        assert not [row for row in rows if "7F3K" in str(tuple(row))]
