"""What an account answers, as of any moment; and what it refuses."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.loyalty.conftest import Api
from tests.loyalty.loyalty_facts import ANNA, day

LIMITED = {"points_pending_days": 14, "points_valid_months": 1}


async def balances(api: Api, **at: Any) -> tuple[int, int]:
    found = await api.get("balance", **at)
    return found["balance"], found["pending"]


async def test_points_wait_live_and_lapse_though_no_timer_runs(api: Api) -> None:
    api.client = api.made(**LIMITED)
    await api.earn("o1", "30")
    assert await balances(api) == (0, 30)
    assert (await api.spend("s1", 10)).json()["type"].endswith("balance-too-low")

    api.now = day(14)
    assert await balances(api) == (30, 0)
    assert (await api.spend("s1", 10)).json()["balance"] == 20

    api.now = day(50)
    assert await balances(api) == (0, 0)
    assert (await api.spend("s2", 1)).status_code == 409
    lot = (await api.get("lots"))["lots"][0]
    assert (lot["pending"], lot["active"], lot["spent"], lot["expired"]) == (0, 0, 10, 20)


async def test_timers_book_each_moment_as_if_they_had_been_on_time(api: Api) -> None:
    api.client = api.made(**LIMITED)
    await api.earn("o1", "30")
    before = {moment: await balances_at(api, moment) for moment in (0, 13, 14, 44, 45)}
    api.now = day(60)
    await api.fire()
    history = await api.store.read(f"account-{ANNA}")
    booked = [(item.type, item.occurred_at, item.recorded_at, item.meta["causation"]) for item in history[2:]]
    assert booked == [
        ("points-activated", day(14), day(60), "timer"),
        ("points-expired", day(14 + 31), day(60), "timer"),
    ]
    assert before == {moment: await balances_at(api, moment) for moment in before}
    assert await api.store.wakes_at(f"account-{ANNA}") is None


async def balances_at(api: Api, moment: int) -> tuple[int, int]:
    later = max(api.now, day(moment))
    api.now = later
    return await balances(api, as_of=day(moment).isoformat())


async def test_a_late_order_gives_four_answers(api: Api) -> None:
    await api.earn("o1", "30")
    api.now = day(10)
    await api.earn("o2", "20", earned_at=day(1).isoformat())
    answers = {
        (as_of, known_at): (await api.get("balance", as_of=day(as_of).isoformat(), known_at=day(known_at).isoformat()))[
            "balance"
        ]
        for as_of in (0.5, 5)
        for known_at in (5, 10)
    }
    assert answers == {(0.5, 5): 30, (0.5, 10): 30, (5, 5): 30, (5, 10): 50}


async def test_a_refund_that_waited_counts_from_when_it_was_made(api: Api) -> None:
    await api.client.put(f"/v1/members/{ANNA}")
    api.now = day(5)
    await api.refund("r1", "o1", "30")
    api.now = day(6)
    await api.earn("o1", "30", earned_at=day(1).isoformat())
    assert [await balances(api, as_of=day(at).isoformat()) for at in (0.5, 3, 5)] == [(0, 0), (30, 0), (0, 0)]


async def test_every_read_can_be_asked_about_the_past(api: Api) -> None:
    await api.earn("o1", "30")
    api.now = day(10)
    await api.spend("s1", 30)
    then: dict[str, Any] = {"as_of": day(5).isoformat()}
    assert (await api.get("", **then))["balance"] == 30
    assert (await api.get("lots", **then))["lots"][0]["active"] == 30
    assert (await api.get("statement", **then))["closing"] == 30
    assert (await api.get("why/balance", **then))["sum"] == 30
    assert len((await api.get("why/shop:o1", **then))["because"]) == 1
    assert len((await api.get("why/shop:o1"))["because"]) == 2


async def test_opening_and_movements_are_the_closing_also_across_an_expiry(api: Api) -> None:
    api.client = api.made(points_valid_months=1)
    await api.earn("o1", "30")
    api.now = day(40)
    await api.earn("o2", "5")
    found = await api.get("statement", since=day(20).isoformat())
    assert (found["opening"], found["closing"]) == (30, 5)
    moved = [(item["type"], item["points"], item["event"] is None) for item in found["movements"]]
    assert moved == [("points-expired", -30, True), ("points-earned", 5, False)]
    await api.fire()
    again = await api.get("statement", since=day(20).isoformat())
    assert [item["points"] for item in again["movements"]] == [-30, 5]
    assert again["movements"][0]["event"]


async def test_why_explains_a_balance_a_lot_a_spend_a_refund_and_an_event(api: Api) -> None:
    api.client = api.made(**LIMITED)
    await api.earn("o1", "30.50")
    api.now = day(20)
    await api.spend("s1", 10)
    await api.refund("r1", "o1", "5.50")
    api.now = day(60)
    balance = await api.get("why/balance")
    assert balance["sum"] == balance["balance"] == sum(item["points"] for item in balance["because"]) == 0
    assert "not booked yet" in balance["because"][-1]["arithmetic"]
    lot = await api.get("why/shop:o1")
    assert lot["lots"][0]["points"] == 30
    assert "pending for 14 days, valid for 1 months" in lot["because"][0]["arithmetic"]
    assert lot["because"][0]["rule"]["version"] == 1
    assert (await api.get("why/s1"))["because"][0]["arithmetic"] == "10 of shop:o1 = 10 points spent"
    assert (await api.get("why/r1"))["because"][0]["arithmetic"] == "floor(30.50) - floor(25.00) = 5 points taken back"
    assert (await api.get(f"why/account-{ANNA}@2"))["because"][0]["type"] == "points-earned"


async def test_a_balance_in_the_past_has_no_etag(api: Api) -> None:
    await api.earn("o1", "30")
    now = await api.client.get(f"/v1/members/{ANNA}/balance")
    then = await api.client.get(f"/v1/members/{ANNA}/balance", params={"as_of": day(0).isoformat()})
    assert ("etag" in now.headers, "etag" in then.headers) == (True, False)


BAD_TIMES = ["yesterday", "2026-01-05", "2026-01-05T09:30:00", "9999-01-01T00:00:00Z", "2026-13-01T00:00:00Z", ""]


@pytest.mark.parametrize("what", ["", "balance", "lots", "statement", "why/balance", "why/shop:o1"])
@pytest.mark.parametrize("axis", ["as_of", "known_at"])
async def test_times_that_are_none_are_refused(api: Api, what: str, axis: str) -> None:
    await api.earn("o1", "30")
    for bad in BAD_TIMES:
        answer = await api.client.get(f"/v1/members/{ANNA}/{what}".rstrip("/"), params={axis: bad})
        assert answer.status_code == 422, (bad, answer.text)
        assert answer.json()["errors"][0]["field"].endswith(axis)


async def test_before_the_first_event_nothing_is_known(api: Api) -> None:
    await api.earn("o1", "30")
    for axis in ("as_of", "known_at"):
        answer = await api.client.get(f"/v1/members/{ANNA}/balance", params={axis: day(-1).isoformat()})
        assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (404, "unknown-then")


async def test_a_statement_that_ends_before_it_begins_is_refused(api: Api) -> None:
    await api.earn("o1", "30")
    params = {"since": day(2).isoformat(), "until": day(1).isoformat()}
    assert (await api.client.get(f"/v1/members/{ANNA}/statement", params=params)).status_code == 422
    for since in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"):
        answer = await api.client.get(f"/v1/members/{ANNA}/statement", params={"since": since})
        assert answer.status_code == 200


@pytest.mark.parametrize("what", ["", "balance", "lots", "statement", "why/balance", "why/anything"])
async def test_who_is_no_member_is_not_found(api: Api, what: str) -> None:
    answer = await api.client.get(f"/v1/members/{uuid4()}/{what}".rstrip("/"))
    assert answer.status_code == 404
    assert (await api.client.get(f"/v1/members/nobody/{what}".rstrip("/"))).status_code == 422


async def test_what_never_was_is_not_explained(api: Api) -> None:
    await api.earn("o1", "30")
    for name in ("shop:o9", "account-x@1", "s9"):
        assert (await api.client.get(f"/v1/members/{ANNA}/why/{name}")).status_code == 404


@pytest.mark.parametrize(
    "bad",
    [
        {"net": "-1"},
        {"net": "1e99"},
        {"net": "NaN"},
        {"net": "1.2345"},
        {"currency": "euro"},
        {"order_id": ""},
        {"order_id": "a b"},
        {"source": "Shop!"},
        {"earned_at": "yesterday"},
        {"earned_at": "2026-01-05T09:30:00"},
        {"earned_at": (day(0) + timedelta(minutes=6)).isoformat()},
        {"earned_at": "1969-12-31T23:59:59Z"},
        {"earned_at": "0001-01-01T00:00:00+14:00"},
        {"earned_at": "9999-12-31T23:59:59-14:00"},
    ],
)
async def test_an_earning_that_makes_no_sense_is_refused(api: Api, bad: dict[str, str]) -> None:
    good = {"source": "shop", "order_id": "o1", "net": "30", "currency": "EUR"}
    answer = await api.client.post(f"/v1/members/{ANNA}/earnings", json={**good, **bad})
    assert answer.status_code == 422, answer.text
    assert not await api.store.read(f"account-{ANNA}")


@pytest.mark.parametrize("points", [0, -1, 2**63, 1.5, "many", None])
async def test_a_spend_of_no_number_is_refused(api: Api, points: object) -> None:
    body = {"spend_id": "s1", "points": points, "reason": "x"}
    assert (await api.client.post(f"/v1/members/{ANNA}/spends", json=body)).status_code == 422


async def test_rules_answer_with_their_codes(api: Api) -> None:
    await api.earn("o1", "30")
    await api.spend("s1", 10)
    answers = [
        await api.earn("o1", "31"),
        await api.spend("s1", 11),
        await api.spend("s2", 21),
        await api.refund("r1", "o1", "31"),
        await api.take_back("s9"),
    ]
    assert [(answer.status_code, answer.json()["type"].rpartition("/")[2]) for answer in answers] == [
        (409, "earning-differs"),
        (409, "spend-differs"),
        (409, "balance-too-low"),
        (409, "refund-too-large"),
        (404, "spend-unknown"),
    ]
