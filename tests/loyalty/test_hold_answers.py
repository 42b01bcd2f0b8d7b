"""Holds through the API, on real PostgreSQL: of twenty at once none overdraws, and a hold is over when its time is."""

import asyncio
from collections import Counter
from typing import Any

import httpx
import pytest

from tests.loyalty.conftest import Api
from tests.loyalty.loyalty_facts import ANNA, BERT, day


async def hold(api: Api, name: str, points: int, until: float = 5, who: Any = ANNA) -> httpx.Response:
    body = {"hold_id": name, "points": points, "reason": "voucher", "until": day(until).isoformat()}
    return await api.client.post(f"/v1/members/{who}/holds", json=body)


async def end(api: Api, name: str, how: str, who: Any = ANNA, **body: Any) -> httpx.Response:
    return await api.client.post(f"/v1/members/{who}/holds/{name}/{how}", json=body)


def code(answer: httpx.Response) -> str:
    found: str = answer.json().get("type", "").rpartition("/")[2]
    return found


async def test_a_hold_is_placed_and_captured_in_part(api: Api) -> None:
    await api.earn("o1", "30")
    placed = await hold(api, "h1", 20)
    assert (placed.status_code, placed.json()["balance"], placed.json()["held"]) == (201, 10, 20)
    assert (await hold(api, "h1", 20)).status_code == 200
    assert code(await api.spend("s1", 11)) == "balance-too-low"
    captured = await end(api, "h1", "capture", points=15)
    assert (captured.status_code, captured.json()["balance"], captured.json()["held"]) == (201, 15, 0)
    (lot,) = (await api.get("lots"))["lots"]
    assert (lot["active"], lot["held"], lot["spent"]) == (15, 0, 15)
    (listed,) = (await api.get("holds"))["holds"]
    assert (listed["status"], listed["captured"], listed["reason"]) == ("captured", 15, "voucher")
    assert (await api.take_back("h1")).json()["balance"] == 30
    why = (await api.get("why/h1"))["because"]
    assert [item["type"] for item in why] == ["points-held", "hold-captured", "spend-reversed"]


async def test_a_hold_is_released(api: Api) -> None:
    await api.earn("o1", "30")
    await hold(api, "h1", 20)
    assert (await end(api, "h1", "release")).json()["balance"] == 30
    assert (await end(api, "h1", "release")).status_code == 200
    assert code(await end(api, "h1", "capture")) == "hold-over"
    assert code(await end(api, "h9", "release")) == "hold-unknown"


async def test_its_end_counts_though_no_timer_ran_and_is_booked_as_of_its_moment(api: Api) -> None:
    await api.earn("o1", "30")
    await hold(api, "h1", 20)
    api.now = day(6)
    assert (await api.get("balance"))["balance"] == 30
    assert (await api.get("holds"))["holds"][0]["status"] == "over"
    unbooked = (await api.get("statement"))["movements"][-1]
    assert (unbooked["type"], unbooked["points"], unbooked["event"]) == ("hold-released", 20, None)
    await api.fire()
    *_, booked = await api.store.read(f"account-{ANNA}")
    assert (booked.type, booked.occurred_at, booked.recorded_at) == ("hold-released", day(5), day(6))
    assert [item["points"] for item in (await api.get("statement"))["movements"]] == [30, -20, 20]


@pytest.mark.parametrize(
    "bad", [{"points": 0}, {"points": 2**63}, {"points": 1.5}, {"until": "soon"}, {"until": day(400).isoformat()}]
)
async def test_a_hold_that_makes_no_sense_is_refused(api: Api, bad: dict[str, Any]) -> None:
    await api.earn("o1", "30")
    good = {"hold_id": "h1", "points": 1, "reason": "x", "until": day(5).isoformat()}
    answer = await api.client.post(f"/v1/members/{ANNA}/holds", json={**good, **bad})
    assert answer.status_code == 422
    assert (await api.get("holds"))["holds"] == []


async def test_a_hold_that_would_be_over_at_once_is_refused(api: Api) -> None:
    await api.earn("o1", "30")
    assert code(await hold(api, "h1", 1, 0)) == "hold-over"


async def test_of_twenty_holds_at_once_none_overdraws(api: Api) -> None:
    await api.earn("o1", "50")
    answers = await asyncio.gather(*(hold(api, f"h{place}", 15) for place in range(20)))
    assert Counter(answer.status_code for answer in answers)[201] == 3
    assert {code(answer) for answer in answers if answer.status_code != 201} == {"balance-too-low"}
    found = await api.get("balance")
    assert (found["balance"], found["held"]) == (5, 45)


async def test_merged_members_hold_and_capture_as_one(api: Api) -> None:
    await api.earn("a1", "30", ANNA)
    await api.earn("b1", "20", BERT)
    await api.merge()
    api.now = day(1)
    placed = await hold(api, "h1", 45, who=BERT)
    assert (placed.json()["balance"], placed.json()["held"]) == (5, 45)
    captured = await end(api, "h1", "capture", who=ANNA, points=35)
    assert (captured.json()["balance"], captured.json()["held"]) == (15, 0)
    assert (await end(api, "h1", "capture", who=BERT, points=35)).status_code == 200
    assert code(await end(api, "h1", "capture", who=BERT, points=34)) == "capture-differs"
