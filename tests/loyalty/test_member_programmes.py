"""Each member has a programme: chosen at enrolment or the usual one, and its version says what they are promised."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.loyalty.domain.earning import rulebook
from services.loyalty.domain.earning.budget import BUDGET
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.rules.compiled import CompiledRules, TierFactors, compiled
from services.loyalty.domain.rules.language import RuleSet
from services.loyalty.views.programmes import PROGRAMMES
from shared.views.rows import Rows
from tests.loyalty.conftest import Api
from tests.loyalty.loyalty_facts import ANNA, BERT, day
from tests.loyalty.test_programmes_api import giving
from tests.loyalty.tier_facts import on

AIRLINE: dict[str, Any] = {
    "id": "airline",
    "name": "An airline",
    "currencies": [
        {"code": "miles", "value": {"amount": "0.02", "currency": "EUR"}, "expected_redemption": "0.5"},
        {"code": "tier-miles", "kind": "qualifying"},
    ],
    "terms": {"miles": {"valid_months": 36}},
    "policies": {"debt": "cap", "transfer": {"at_most": 5}, "adjustment": {"alone": 7}},
    "earning": {
        "rules": [
            {
                "id": "fare",
                "on": ["purchase"],
                "effects": [
                    {"type": "base", "points_currency": code, "amount": {"type": "per-amount", "points": 1}}
                    for code in ("miles", "tier-miles")
                ],
            }
        ]
    },
    "tiers": {
        "currency": "tier-miles",
        "tiers": [
            {"name": "member", "threshold": 0},
            {"name": "gold", "threshold": 100, "benefits": {"multiplier": "1.5", "reward_price": "0.9"}},
        ],
    },
}
SHOP = {**giving(2), "terms": {}}


async def publish(api: Api, document: dict[str, Any], since: str = "2026-01-01") -> None:
    """Publish the next version, and let the views show it."""
    name = document["id"]
    body = {"document": document, "effective_from": on(since).isoformat()}
    checked = await api.client.post(f"/v1/programmes/{name}/check", json=body)
    confirm = checked.json()["confirm"] or ""
    answer = await api.client.put(f"/v1/programmes/{name}", json={**body, "confirm": confirm})
    assert answer.status_code == 201, answer.text
    (*_, last) = await api.store.read(f"programme-{name}")
    async with api.pool.acquire() as connection:
        await Rows(PROGRAMMES).save(connection, {name: PROGRAMMES.project(None, last)})


@pytest.fixture
async def shops(api: Api) -> Api:
    """An API whose members usually belong to the shop; an airline is there to be chosen."""
    await publish(api, SHOP)
    await publish(api, AIRLINE)
    api.client = api.made(programme="shop")
    return api


async def enrol(api: Api, programme: str | None = None, who: UUID = ANNA) -> httpx.Response:
    body = None if programme is None else {"programme": programme}
    return await api.client.put(f"/v1/members/{who}", json=body)


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("type", "").rpartition("/")[2]


async def post(api: Api, path: str, who: UUID = ANNA, **body: Any) -> httpx.Response:
    return await api.client.post(f"/v1/members/{who}/{path}", json=body)


async def test_a_member_earns_by_the_programme_that_they_chose_and_everyone_else_by_the_usual_one(shops: Api) -> None:
    assert (await enrol(shops, "airline")).status_code == 201
    assert (await enrol(shops, who=BERT)).status_code == 201
    for who in (ANNA, BERT):
        assert (await shops.earn("o1", "10", who)).status_code == 201
    anna, bert = await shops.get("", ANNA), await shops.get("", BERT)
    assert (anna["programme"], anna["currency"], anna["balance"]) == ("airline", "miles", 10)
    assert (bert["programme"], bert["currency"], bert["balance"]) == ("shop", "points", 20)
    (lot,) = (await shops.get("lots"))["lots"][:1]
    assert lot["expires_at"].startswith("2029-01-05")


async def test_a_programme_is_chosen_where_nothing_is_set_up_as_the_usual_one(shops: Api) -> None:
    shops.client = shops.made()
    assert (await enrol(shops, "airline")).status_code == 201
    for _ in range(2):  # the second time its state is known before it is asked
        assert (await shops.earn("o1", "10")).status_code in (200, 201)
        found = await shops.get("balance")
        assert (found["currency"], found["balance"]) == ("miles", 10)
    assert (await shops.earn("o2", "10", BERT)).status_code == 201
    assert (await shops.get("balance", BERT))["currency"] == "points"


async def test_an_unknown_programme_is_refused_by_its_field(shops: Api) -> None:
    answer = await enrol(shops, "railway")
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, ["programme"])
    assert (await enrol(shops, "Rail Way")).status_code == 422
    assert await shops.store.read(ACCOUNT.stream(ANNA)) == []


async def test_who_was_enrolled_without_a_choice_may_choose_until_they_have_earned(shops: Api) -> None:
    assert (await enrol(shops)).status_code == 201
    assert (await enrol(shops, "shop")).status_code == 200
    assert (await enrol(shops, "airline")).status_code == 201
    assert (await enrol(shops, "airline")).status_code == 200
    assert code(await enrol(shops, "shop")) == (409, "programme-differs")
    assert (await enrol(shops)).status_code == 200
    await shops.earn("o1", "10", BERT)
    assert (await enrol(shops, "shop", BERT)).status_code == 200
    assert code(await enrol(shops, "airline", BERT)) == (409, "programme-differs")
    assert [item.type for item in await shops.store.read(ACCOUNT.stream(ANNA))] == [
        "member-enrolled",
        "programme-chosen",
    ]


async def test_gifts_adjustments_and_debts_follow_the_policies_of_the_members_programme(shops: Api) -> None:
    await enrol(shops, "airline")
    await enrol(shops, "airline", BERT)
    await shops.earn("o1", "30")
    gift: dict[str, Any] = {"to": str(BERT), "reason": "thanks"}
    assert code(await post(shops, "transfers", transfer_id="t1", points=6, **gift)) == (409, "transfer-out-of-bounds")
    assert (await post(shops, "transfers", transfer_id="t1", points=5, **gift)).status_code == 201
    large = (await post(shops, "adjustments", adjustment_id="a1", points=8, reason="sorry")).json()
    assert large["events"][0]["points"] == 8
    assert (await shops.get("adjustments"))["adjustments"][0]["status"] == "proposed"
    assert (await shops.spend("s1", 25)).status_code == 201
    assert (await shops.refund("r1", "o1", "30")).status_code == 201
    assert (await shops.get("balance"))["debt"] == 0  # waived, where the built-in programme would have it owed


async def test_a_currency_of_another_programme_is_refused_by_its_field(shops: Api) -> None:
    await enrol(shops, "airline")
    await shops.earn("o1", "30")
    asked: tuple[tuple[str, dict[str, Any]], ...] = (
        ("spends", {"spend_id": "s1", "points": 1, "reason": "x", "currency": "points"}),
        ("adjustments", {"adjustment_id": "a1", "points": 1, "reason": "x", "currency": "points"}),
    )
    for path, body in asked:
        assert [error["field"] for error in (await post(shops, path, **body)).json()["errors"]] == ["currency"]
    assert (await shops.client.get(f"/v1/members/{ANNA}/statement?currency=points")).status_code == 422
    assert code(await post(shops, "spends", spend_id="s1", points=1, reason="x", currency="tier-miles")) == (
        409,
        "currency-not-spendable",
    )


async def test_what_counts_at_a_moment_is_the_version_of_that_moment(shops: Api) -> None:
    await shops.earn("o1", "10")
    kept = (await shops.get("balance"))["currency"]
    shops.now = day(10)
    await publish(shops, {**SHOP, "policies": {"transfer": {"allowed": False}}}, "2026-02-01")
    gift: dict[str, Any] = {"to": str(BERT), "points": 1, "reason": "x"}
    await enrol(shops, who=BERT)
    assert (await post(shops, "transfers", transfer_id="t1", **gift)).status_code == 201
    shops.now = on("2026-02-01")
    assert code(await post(shops, "transfers", transfer_id="t2", **gift)) == (409, "transfers-not-allowed")
    assert kept == "points"


async def test_a_return_is_reckoned_by_the_programme_of_who_bought(shops: Api) -> None:
    await enrol(shops, "airline")
    await shops.earn("o1", "30")
    assert (await shops.refund("r1", "o1", "30")).status_code == 201
    assert [entry["balance"] for entry in (await shops.get("balance"))["balances"]] == [0, 0]


async def test_a_lot_tells_the_sentence_of_its_rule_and_how_it_came_about(shops: Api) -> None:
    await enrol(shops, "airline")
    await shops.earn("o1", "100")
    shops.now = day(1)
    await shops.earn("o2", "11")
    judged, _, tier, *_ = (await shops.get("why/shop:o2"))["because"]
    assert judged["trace"][1:] == [
        "fare (version 1): base: 1 tier-miles for each full 1 of the amount: 11",
        "tier-benefit (version 1): multiply: 1.5 times the base in miles, as the benefit of the tier: 5",
        "in all: 16 miles, 11 tier-miles",
    ]
    because = (await shops.get("why/shop:o2:tier-benefit:1"))["because"]
    assert because[-1]["rule"] == {
        "name": "tier-benefit",
        "version": 1,
        "sentence": "for gold: multiply: 1.5 times the base in miles, as the benefit of the tier",
    }
    assert because[-1]["trace"] == judged["trace"]
    assert tier["rule"]["sentence"].startswith("on purchase: base: 1 miles")


async def test_the_liability_assumes_what_each_programme_says_of_its_points(shops: Api) -> None:
    assumed = (await shops.client.get("/v1/liability")).json()["assumed"]
    assert (assumed["value_of_a_point"], assumed["expected_redemption"], assumed["zone"]) == (
        "0.01",
        "0.8",
        "Europe/Berlin",
    )
    assert [
        (item["programme"], item["currency"], item["value_of_a_point"], item["money"], item["expected_redemption"])
        for item in assumed["currencies"]
    ] == [
        ("shop", "points", "0.01", "EUR", "0.8"),
        ("airline", "miles", "0.02", "EUR", "0.5"),
        ("airline", "tier-miles", "0", None, "0.8"),
    ]


def budget(points: int) -> dict[str, Any]:
    document = giving(2)
    document["earning"]["budgets"] = [{"points": points, "window": "year"}]
    return {**document, "terms": {}}


async def test_an_order_that_is_posted_takes_what_a_shared_budget_leaves(api: Api) -> None:
    await publish(api, budget(25))
    api.client = api.made(programme="shop")
    for who, order in ((ANNA, "o1"), (BERT, "o2"), (BERT, "o3")):
        assert (await api.earn(order, "10", who)).status_code == 201
    assert [(await api.get("balance", who))["balance"] for who in (ANNA, BERT)] == [20, 5]
    again = await api.earn("o1", "10")
    assert (again.status_code, again.json()["events"]) == (200, [])


async def test_twenty_orders_at_once_at_two_doors_never_overshoot_a_shared_budget(api: Api) -> None:
    await publish(api, budget(150))
    doors = [api.made(programme="shop"), api.made(programme="shop")]
    members = [UUID(int=100 + number) for number in range(20)]

    async def earn(place: int) -> httpx.Response:
        body = {"source": "shop", "order_id": "o1", "net": "10", "currency": "EUR"}
        return await doors[place % 2].post(f"/v1/members/{members[place]}/earnings", json=body)

    answers = await asyncio.gather(*map(earn, range(20)))
    assert Counter(answer.status_code for answer in answers) == {201: 20}
    api.client = doors[0]
    balances = [(await api.get("balance", who))["balance"] for who in members]
    assert Counter(balances) == {20: 7, 10: 1, 0: 12}
    used = BUDGET.fold(item.event for item in await api.store.read(BUDGET.stream("shop"))).used
    assert used == {"all:*:points:year:2026-01-01": 150}


async def test_a_version_is_compiled_once_however_many_orders_are_posted(
    shops: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions: list[int] = []

    def counted(rules: RuleSet, zone: str, version: int, of_tiers: TierFactors) -> CompiledRules:
        versions.append(version)
        return compiled(rules, zone, version, of_tiers)

    monkeypatch.setattr(rulebook, "compiled", counted)
    for number in range(3):
        assert (await shops.earn(f"o{number}", "10")).status_code == 201
    assert versions == [1]
    await publish(shops, {**giving(3), "terms": {}}, "2026-01-05")
    versions.clear()
    for number in range(3, 6):
        assert (await shops.earn(f"o{number}", "10")).status_code == 201
    assert versions == [2]


async def test_what_rules_ask_for_is_read_with_the_account(api: Api) -> None:
    document = budget(150)
    document["earning"]["rules"][0]["when"] = {"type": "segment", "any_of": ["champions"]}
    await publish(api, document)
    api.client = api.made(programme="shop")
    await api.earn("o1", "10")
    reads = api.count_reads()
    assert (await api.earn("o2", "10")).status_code == 201
    assert len(reads) == 1
