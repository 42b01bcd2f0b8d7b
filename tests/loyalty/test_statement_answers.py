"""A member's statement over the API, as JSON, HTML and PDF: the same numbers, for whoever may see them."""

from io import BytesIO
from typing import Any
from uuid import UUID

import httpx
import pytest
from pypdf import PdfReader

from services.loyalty.api import statements
from services.loyalty.api.statements import HTML, JSON, PDF
from tests.loyalty.conftest import Api
from tests.loyalty.loyalty_facts import ANNA, BERT, day
from tests.loyalty.shops import Shop
from tests.loyalty.test_programmes_api import giving, publish
from tests.loyalty.test_statement_pages import Page

LIMITED: dict[str, Any] = {"points_pending_days": 14, "points_valid_months": 1}


async def ask(api: Api, accept: str, who: UUID = ANNA, **params: Any) -> httpx.Response:
    return await api.client.get(f"/v1/members/{who}/statement", params=params, headers={"Accept": accept})


async def page(api: Api, who: UUID = ANNA, **params: Any) -> str:
    """Return the texts of the page, each on a line."""
    answer = await ask(api, HTML, who, **params)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/html")
    return "\n".join(text for text in Page(answer.content).texts if text.strip())


async def printed(api: Api, **params: Any) -> str:
    answer = await ask(api, PDF, **params)
    assert (answer.status_code, answer.headers["content-type"]) == (200, PDF)
    return " ".join(item.extract_text() for item in PdfReader(BytesIO(answer.content)).pages)


@pytest.fixture
async def moved(api: Api) -> Api:
    """An account with three orders, a spend, and points that lapse."""
    api.client = api.made(**LIMITED)
    await api.earn("o1", "1200")
    await api.earn("o2", "30")
    api.now = day(20)
    await api.spend("s1", 1000)
    await api.earn("o3", "77")
    return api


async def test_all_three_tell_the_same_opening_movements_and_closing(moved: Api) -> None:
    since: dict[str, Any] = {"since": day(10).isoformat()}
    found = (await ask(moved, JSON, **since)).json()
    assert found["opening"] + sum(item["points"] for item in found["movements"]) == found["closing"] == 230
    shown, document = await page(moved, **since), await printed(moved, **since)
    for item in found["movements"]:
        assert item["words"] in shown
        assert item["words"].split("(")[0].strip() in " ".join(document.split())
    for number in ("+1,200", "+30", "\N{MINUS SIGN}1,000", "230"):
        assert number in shown
        assert number in document


async def test_what_came_before_a_period_is_its_opening_alone(moved: Api) -> None:
    since: dict[str, Any] = {"since": day(19).isoformat()}
    assert (await ask(moved, JSON, **since)).json()["opening"] == 1230
    for shown in (await page(moved, **since), await printed(moved, **since)):
        assert "1,230" in shown
        assert "+1,200" not in shown


async def test_json_is_answered_unless_another_type_is_liked_better(moved: Api) -> None:
    answers = {accept: await ask(moved, accept) for accept in ("*/*", JSON, f"{HTML};q=0.5, {JSON}", HTML, PDF)}
    kinds = [answer.headers["content-type"].partition(";")[0] for answer in answers.values()]
    assert kinds == [JSON, JSON, JSON, HTML, PDF]
    assert {answer.headers["vary"] for answer in answers.values()} == {"Accept"}
    refused = await ask(moved, "image/png")
    assert (refused.status_code, refused.json()["type"]) == (406, "/problems/not-acceptable")
    assert HTML in refused.json()["detail"]


async def test_a_page_bears_its_policy_and_isnt_kept_by_anyone(moved: Api) -> None:
    answer = await ask(moved, HTML)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "frame-ancestors 'none'" in policy
    assert (answer.headers["cache-control"], answer.headers["x-content-type-options"]) == ("no-store", "nosniff")
    assert "etag" not in answer.headers


async def test_what_lapses_soon_is_told(moved: Api) -> None:
    moved.now = day(21)
    (lapse,) = (await ask(moved, JSON)).json()["lapses"]
    assert (lapse["points"], lapse["at"]) == (230, day(14 + 31).strftime("%Y-%m-%dT%H:%M:%SZ"))
    assert "230 lapse on" in await page(moved)
    assert "230 lapse on" in " ".join((await printed(moved)).split())


async def test_a_statement_of_the_past_is_as_it_was_then(moved: Api) -> None:
    then: dict[str, Any] = {"as_of": day(15).isoformat()}
    shown = await page(moved, **then)
    assert "20 Jan 2026" in shown
    assert "1,230" in shown
    assert "Spent" not in shown


async def test_every_currency_is_printed_or_the_one_that_is_named(api: Api) -> None:
    api.client = api.made(currencies="miles,status:qualifying")
    await api.earn("o1", "30")
    both, one = await page(api), await page(api, currency="status")
    assert "miles" in both
    assert "status" in both
    assert "miles" not in one
    assert (await ask(api, HTML, currency="gold")).status_code == 422


async def test_the_programmes_own_names_and_the_tier_are_printed(api: Api) -> None:
    document = giving(2, tiers={"tiers": [{"name": "member", "threshold": 0}, {"name": "silver", "threshold": 500}]})
    document["currencies"][0]["name"] = "Club points"
    document["earning"]["rules"][0]["name"] = "Two for each euro"
    assert (await publish(api, document)).status_code == 201
    api.now, api.client = day(1), api.made(programme="shop")
    await api.earn("o1", "49")
    shown, document_text = await page(api), " ".join((await printed(api)).split())
    for text in ("The shop", "Club points", "Two for each euro (shop o1)", "silver", "402 more points"):
        assert text in shown
        assert text in document_text
    assert (await ask(api, JSON)).json()["programme"] == "The shop"


async def test_someones_own_words_are_shown_and_gone_once_they_are_erased(pool: Any) -> None:
    shop = Shop(pool)
    await shop.earn("o1", "30")
    body = {"spend_id": "s1", "points": 10, "reason": "<b>for Zoë</b>"}
    assert (await shop.client.post(f"/v1/members/{ANNA}/spends", json=body)).status_code == 201
    assert (await ask(shop, JSON)).json()["movements"][-1]["reason"] == "<b>for Zoë</b>"
    assert "\n<b>for Zoë</b>\n" in await page(shop)
    assert "<b>for Zoë</b>" in await printed(shop)
    await shop.vault.destroy([str(ANNA)])
    for answer in (await ask(shop, JSON), await ask(shop, HTML), await ask(shop, PDF)):
        assert "Zoë".encode() not in answer.content
    assert "[erased]" in await page(shop)


async def test_anothers_statement_isnt_there_in_any_type(moved: Api) -> None:
    moved.confine(BERT)
    for accept in (JSON, HTML, PDF):
        assert (await ask(moved, accept)).status_code == 404


async def test_merged_members_have_one_statement_in_the_name_of_who_stands_for_all(api: Api) -> None:
    await api.earn("o1", "30")
    await api.earn("o2", "20", who=BERT)
    await api.merge()
    answer = await ask(api, HTML, BERT)
    assert answer.headers["content-location"] == f"/v1/members/{ANNA}/statement"
    assert str(ANNA) in await page(api, BERT)
    assert "50" in await page(api, BERT)


@pytest.mark.parametrize(("accept", "most"), [(JSON, 3), (HTML, 3), (PDF, 3)])
async def test_a_statement_that_is_too_long_is_refused_and_says_what_helps(
    moved: Api, monkeypatch: pytest.MonkeyPatch, accept: str, most: int
) -> None:
    monkeypatch.setitem(statements.MOST, accept, most)
    refused = await ask(moved, accept)
    assert refused.status_code == 422
    (error,) = refused.json()["errors"]
    assert (error["field"], "ask for a shorter time" in error["message"]) == ("since", True)
    assert (await ask(moved, accept, since=day(19).isoformat())).status_code == 200


@pytest.mark.parametrize("accept", [HTML, PDF])
@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1969-12-31T00:00:00Z"])
async def test_a_period_may_begin_and_end_at_any_time(moved: Api, accept: str, moment: str) -> None:
    for side in ("since", "until"):
        asked: dict[str, Any] = {side: moment}
        assert (await ask(moved, accept, **asked)).status_code == 200
