"""The preview of a back-dated version shows what it does to history: points by rule, members, and who most."""

from collections import Counter
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from services.loyalty.adapters.accounts import sample
from services.loyalty.api import history_effect
from services.loyalty.contracts.contact import PurchaseRecorded
from services.loyalty.domain.ledger.commands import Enrol
from services.loyalty.domain.ledger.decider import ACCOUNT
from shared.policies.work import WorkingSet
from shared.store.contract import Context
from tests.loyalty.conftest import Api
from tests.loyalty.loyalty_facts import day
from tests.loyalty.telling import follow, told
from tests.loyalty.test_member_programmes import AIRLINE, enrol
from tests.loyalty.test_member_programmes import publish as publish_as
from tests.loyalty.test_programmes_api import check, giving, publish

TIERS = {
    "currency": "points",
    "tiers": [
        {"name": "member", "threshold": 0},
        {"name": "gold", "threshold": 100, "benefits": {"multiplier": "2"}},
    ],
}
MEMBERS = [UUID(int=number) for number in range(1, 13)]
GUEST = UUID(int=99)


@pytest.fixture
async def shop(api: Api) -> Api:
    """Members who bought once: the first for 10 euros, the second for 20, and so on."""
    assert (await publish(api, giving(1))).status_code == 201
    for number, who in enumerate(MEMBERS, start=1):
        bought = PurchaseRecorded(who, "shop", f"o{number}", Decimal(10 * number), "EUR")
        await follow(api.store, told("contact", bought, day(number), who=who), now=day(20))
    api.now = day(30)
    api.client = api.made(programme="shop")
    return api


async def previewed(api: Api, points: int, since: float) -> Any:
    return await check(api, giving(points), effective_from=day(since).isoformat())


async def test_it_tells_points_by_rule_members_and_the_most_affected(shop: Api) -> None:
    effect = (await previewed(shop, 3, 4))["effect"]
    assert (effect["members"], effect["examined"], effect["sample"]) == (12, 12, False)
    spent = 10 * sum(range(4, 13))
    assert (effect["affected"], effect["facts"], effect["points"]) == (9, 9, {"points": 2 * spent})
    assert effect["rules"] == [
        {"rule": "one-per-euro", "points_currency": "points", "before": spent, "after": 3 * spent}
    ]
    assert effect["most_affected"][0] == {"customer_id": str(MEMBERS[-1]), "change": {"points": 240}}
    assert len(effect["most_affected"]) == 9


async def test_what_it_shows_is_not_booked(shop: Api) -> None:
    before = [len(await shop.store.read(ACCOUNT.stream(who))) for who in MEMBERS]
    await previewed(shop, 3, 1)
    assert [len(await shop.store.read(ACCOUNT.stream(who))) for who in MEMBERS] == before


async def test_a_version_that_isnt_back_dated_has_no_effect_on_history(shop: Api) -> None:
    assert (await previewed(shop, 3, 31))["effect"] is None
    assert (await check(shop, giving(0), effective_from=day(2).isoformat()))["effect"] is None


async def test_of_many_members_a_sample_is_looked_at_and_it_says_so(shop: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_effect, "MOST_MEMBERS", 4)
    effect = (await previewed(shop, 2, 1))["effect"]
    assert (effect["members"], effect["sample"]) == (12, True)
    assert (effect["examined"], effect["affected"]) == (4, 4)
    found = await sample(shop.pool, 4)
    assert (found.of, len(set(found.customers))) == (12, effect["examined"])


async def test_members_of_another_programme_are_counted_and_not_touched(shop: Api) -> None:
    await publish_as(shop, AIRLINE)
    assert (await enrol(shop, "airline", GUEST)).status_code == 201
    assert (await shop.earn("o1", "1000", GUEST)).status_code == 201
    effect = (await previewed(shop, 3, 4))["effect"]
    assert (effect["members"], effect["examined"], effect["belonging"]) == (13, 13, 12)
    assert (effect["sample"], effect["affected"]) == (False, 9)
    assert effect["points"] == {"points": 2 * 10 * sum(range(4, 13))}
    of_airline = {**AIRLINE, "earning": {"rules": []}}
    body = {"document": of_airline, "effective_from": day(1).isoformat()}
    other = (await shop.client.post("/v1/programmes/airline/check", json=body)).json()["effect"]
    assert (other["belonging"], other["affected"], other["points"]) == (1, 1, {"miles": -1000, "tier-miles": -1000})


async def test_the_preview_judges_by_the_tier_that_a_member_had_before_each_fact(shop: Api) -> None:
    tiered = {**giving(1), "tiers": TIERS}
    effect = (await check(shop, tiered, effective_from=day(0).isoformat()))["effect"]
    assert effect["affected"] == 0  # nobody had reached gold before what they bought
    bought = PurchaseRecorded(MEMBERS[-1], "shop", "again", Decimal(10), "EUR")
    await follow(shop.store, told("contact", bought, day(25), who=MEMBERS[-1]), now=day(26))
    effect = (await check(shop, tiered, effective_from=day(0).isoformat()))["effect"]
    assert (effect["points"], effect["most_affected"]) == (
        {"points": 10},
        [{"customer_id": str(MEMBERS[-1]), "change": {"points": 10}}],
    )


async def test_a_sample_is_spread_over_all_names_and_the_same_each_time(shop: Api) -> None:
    """Whoever came first, or whose names come first, would be others than a hash picks."""
    names = [f"account-{UUID(int=number)}" for number in range(1000, 1400)]
    work = WorkingSet(shop.store, day(20))
    await work.load(names)
    for name, number in zip(names, range(1000, 1400), strict=True):
        command = Enrol(UUID(int=number), day(20))
        work.handle(ACCOUNT, name, command, subject=str(UUID(int=number)), context=Context(day(20), day(20)))
    await work.commit()
    found = await sample(shop.pool, 100)
    assert (found.of, len(set(found.customers))) == (412, 100)
    quarters = Counter((UUID(customer).int - 1000) // 100 for customer in found.customers)
    assert all(10 <= quarters[quarter] <= 40 for quarter in range(4)), quarters
    assert set((await sample(shop.pool, 50)).customers) <= set(found.customers)
