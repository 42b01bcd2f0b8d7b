"""Several point currencies through the API: each has its balance and statement; an unknown one is refused."""

import pytest

from tests.loyalty.conftest import Api
from tests.loyalty.loyalty_facts import ANNA


@pytest.fixture
async def airline(api: Api) -> Api:
    """An account with 30 miles and 20 status points, of a programme that also has points."""
    api.client = api.made(currencies="miles,points,status:qualifying")
    await api.earn("o1", "30")
    await api.earn("o2", "20", points_currency="status")
    return api


async def test_the_main_currency_is_answered_as_before_and_all_beside_it(airline: Api) -> None:
    found = await airline.get("balance")
    assert (found["currency"], found["balance"], found["debt"], found["pending"]) == ("miles", 30, 0, 0)
    assert [(item["currency"], item["balance"]) for item in found["balances"]] == [
        ("miles", 30),
        ("points", 0),
        ("status", 20),
    ]


async def test_each_currency_has_a_statement_and_a_why_of_its_own(airline: Api) -> None:
    await airline.client.post(
        f"/v1/members/{ANNA}/spends", json={"spend_id": "s1", "points": 10, "reason": "x", "currency": "miles"}
    )
    for currency, closing, count in (("miles", 20, 2), ("status", 20, 1), ("points", 0, 0)):
        found = await airline.get("statement", currency=currency)
        assert (found["currency"], found["closing"], len(found["movements"])) == (currency, closing, count)
        why = await airline.get("why/balance", currency=currency)
        assert (why["sum"], why["balance"]) == (closing, closing)
    assert (await airline.get("statement"))["closing"] == 20
    assert {lot["points_currency"] for lot in (await airline.get("lots"))["lots"]} == {"miles", "status"}


async def test_an_unknown_currency_is_refused_by_its_field(airline: Api) -> None:
    path = f"/v1/members/{ANNA}"
    spend = {"spend_id": "s1", "points": 1, "reason": "x"}
    earning = {"source": "shop", "order_id": "o9", "net": "1", "currency": "EUR"}
    answers = [
        await airline.client.get(f"{path}/statement", params={"currency": "gold"}),
        await airline.client.get(f"{path}/why/balance", params={"currency": "gold"}),
        await airline.client.post(f"{path}/spends", json={**spend, "currency": "gold"}),
        await airline.client.post(f"{path}/spends", json={**spend, "currency": "G!"}),
        await airline.client.post(f"{path}/earnings", json={**earning, "points_currency": "gold"}),
    ]
    assert [answer.status_code for answer in answers] == [422] * 5
    assert "miles, points, status" in answers[0].text
    assert answers[4].json()["errors"][0]["field"].endswith("points_currency")


async def test_qualifying_points_can_not_be_spent(airline: Api) -> None:
    body = {"spend_id": "s1", "points": 1, "reason": "x", "currency": "status"}
    answer = await airline.client.post(f"/v1/members/{ANNA}/spends", json=body)
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (409, "currency-not-spendable")
