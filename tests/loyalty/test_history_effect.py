"""The preview of a back-dated version shows what it does to history: points by rule, members, and who most."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from services.loyalty.adapters.accounts import sample
from services.loyalty.api import history_effect
from services.loyalty.contracts.contact import PurchaseRecorded
from services.loyalty.domain.ledger.decider import ACCOUNT
from tests.loyalty.conftest import Api
from tests.loyalty.loyalty_facts import day
from tests.loyalty.telling import follow, told
from tests.loyalty.test_programmes_api import check, giving, publish

MEMBERS = [UUID(int=number) for number in range(1, 13)]


@pytest.fixture
async def shop(api: Api) -> Api:
    """Members who bought once: the first for 10 euros, the second for 20, and so on."""
    assert (await publish(api, giving(1))).status_code == 201
    for number, who in enumerate(MEMBERS, start=1):
        bought = PurchaseRecorded(who, "shop", f"o{number}", Decimal(10 * number), "EUR")
        await follow(api.store, told("contact", bought, day(number), who=who), now=day(20))
    api.now = day(30)
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
    assert 1 <= effect["examined"] <= 4
    assert effect["affected"] == effect["examined"]
    found = await sample(shop.pool, 4)
    assert (found.of, len(set(found.customers))) == (12, effect["examined"])
