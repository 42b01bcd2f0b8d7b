"""A pool is of its owner's programme, which gives it rules, currencies and limits; all its members are of it, too."""

from typing import Any
from uuid import UUID

import asyncpg
import pytest

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.pools.belonging import is_foreign, must_belong
from services.loyalty.domain.pools.events import PoolCreated
from services.loyalty.domain.pools.pool import Pool, evolve
from services.loyalty.domain.pools.rules import Leaving
from shared.errors import Rejected
from tests.loyalty.conduct import POOLS, Conduct
from tests.loyalty.loyalty_facts import ANNA, BERT, day
from tests.loyalty.shops import refusal
from tests.loyalty.test_member_programmes import AIRLINE

DORA, EMIL = UUID(int=14), UUID(int=15)
OF_THE_AIRLINE: dict[str, Any] = {
    "most": 2,
    "spenders": "owner",
    "leaving": "leave",
    "invitation_days": 3,
}
LIMITS = {"velocity": [{"kind": "redemption", "hours": 24, "most_acts": 1, "outcome": "refuse"}]}


@pytest.fixture
async def both(pool: asyncpg.Pool) -> Conduct:
    """Anna and Bert are the shop's, the usual programme; Dora and Emil are the airline's, each with 50 miles."""
    home = Conduct(pool)
    await home.run(pools=POOLS)
    home.now = day(-300)
    document = {**AIRLINE, "pools": OF_THE_AIRLINE, "abuse": LIMITS}
    published = await home.client.put("/v1/programmes/airline", json={"document": document})
    assert published.status_code == 201, published.text
    for who in (DORA, EMIL):
        enrolled = await home.client.put(f"/v1/members/{who}", json={"programme": "airline"})
        assert enrolled.status_code == 201, enrolled.text
    home.now = day(0)
    for who in (DORA, EMIL, ANNA):
        assert (await home.earn("o1", "50", who)).status_code == 201
    return home


async def test_a_pool_has_the_rules_of_its_owners_programme(both: Conduct) -> None:
    shown = (await both.create(DORA)).json()
    assert [shown[name] for name in ("most", "spenders", "leaving", "programme")] == [2, "owner", "leave", "airline"]
    of_the_shop = (await both.create(ANNA, "p2")).json()
    assert [of_the_shop[name] for name in ("most", "spenders", "programme")] == [3, "members", "shop"]
    await both.post("pools/p1/invitations", customer_id=str(EMIL))
    both.now = day(3)
    assert refusal(await both.post(f"pools/p1/invitations/{EMIL}/acceptance")) == (409, "not-invited")


async def test_who_belongs_to_another_programme_joins_no_pool_of_it_and_is_told_why(both: Conduct) -> None:
    await both.create(DORA)
    refused = await both.join(BERT)
    assert refusal(refused) == (409, "in-another-programme")
    assert "programme airline" in refused.json()["detail"]
    assert "programme shop" in refused.json()["detail"]
    await both.create(ANNA, "p2")
    assert refusal(await both.join(EMIL, "p2")) == (409, "in-another-programme")
    assert (await both.join(BERT, "p2")).status_code == 201


async def test_its_points_and_limits_are_those_of_its_programme(both: Conduct) -> None:
    await both.create(DORA)
    await both.join(EMIL)
    body = (await both.client.get("/v1/pools/p1/balance")).json()
    assert body["balances"] == [{"currency": "miles", "balance": 100}]
    spent = await both.share(70)
    assert (spent.status_code, spent.json()["currency"]) == (201, "miles")
    assert refusal(await both.share(1, "s2", currency="points"))[0] == 422
    assert refusal(await both.share(1, "s2")) == (409, "limit-exceeded")
    assert (await both.post("pools/p1/spends/s1/reversal")).status_code == 201
    assert (await both.post(f"pools/p1/members/{EMIL}/departure")).status_code == 201
    assert [(await both.get("balance", who))["balance"] for who in (DORA, EMIL)] == [100, 0]


async def test_who_was_merged_with_someone_of_another_programme_gives_nothing_and_the_pool_goes_on(
    both: Conduct,
) -> None:
    await both.create(DORA)
    await both.join(EMIL)
    await both.merge(ANNA, EMIL)
    body = (await both.client.get("/v1/pools/p1/balance")).json()
    assert [(item["standing"], item["gives"][0]["points"]) for item in body["members"]] == [
        ("open", 50),
        ("in-another-programme", 0),
    ]
    assert refusal(await both.share(51)) == (409, "pool-balance-too-low")
    assert (await both.share(50)).status_code == 201
    assert (await both.post(f"pools/p1/members/{EMIL}/departure")).status_code == 201
    assert (await both.get("balance", DORA))["balance"] == 0


def test_a_pool_that_names_no_programme_is_of_the_usual_one() -> None:
    old = evolve(Pool(), PoolCreated("p1", ANNA, Leaving.TAKE, 3))
    must_belong(old, Account(enrolled=True), "shop")
    must_belong(old, Account(enrolled=True, programme="shop"), "shop")
    with pytest.raises(Rejected):
        must_belong(old, Account(enrolled=True, programme="airline"), "shop")
    with pytest.raises(Rejected, match="built-in programme"):
        must_belong(evolve(Pool(), PoolCreated("p1", ANNA, Leaving.TAKE, 3, programme="shop")), Account(), "")


def test_who_collects_no_points_is_of_no_programme() -> None:
    airline = evolve(Pool(), PoolCreated("p1", ANNA, Leaving.TAKE, 3, programme="airline"))
    assert not is_foreign(airline, [Account(enrolled=True, programme="airline"), Account()], "shop")
    assert is_foreign(airline, [Account(enrolled=True, programme="airline"), Account(enrolled=True)], "shop")
