"""Programmes over HTTP: checked, published, kept in every version, compared, and applied from a file."""

import json
from typing import Any

import httpx
import pytest

from rapport.apply_programme import Applied, apply_programme
from services.loyalty.api.programme_answers import EXAMPLE
from services.loyalty.domain.programme.decider import PROGRAMME
from services.loyalty.views.programmes import PROGRAMMES, ProgrammeRow
from tests.loyalty.conftest import Api
from tests.loyalty.loyalty_facts import ANNA, day

PATH = "/v1/programmes/shop"
RULE = {
    "name": "one-per-euro",
    "version": 1,
    "sentence": "on purchase: base: 2 points for each full 1 of the amount",
}
TRACE = ["one-per-euro (version 1): base: 2 points for each full 1 of the amount: 98", "in all: 98 points"]


def giving(points: int, **more: Any) -> dict[str, Any]:
    """The example, with so many points for each euro."""
    document: dict[str, Any] = json.loads(json.dumps({**EXAMPLE, **more}))
    document["earning"]["rules"][0]["effects"][0]["amount"]["points"] = points
    return document


async def publish(api: Api, document: dict[str, Any], **more: Any) -> httpx.Response:
    return await api.client.put(PATH, json={"document": document, **more})


async def check(api: Api, document: dict[str, Any], **more: Any) -> Any:
    answer = await api.client.post(f"{PATH}/check", json={"document": document, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def got(api: Api, path: str, **params: Any) -> Any:
    answer = await api.client.get(path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_versions_are_published_one_after_the_other_and_stay(api: Api) -> None:
    first = await publish(api, giving(1))
    assert (first.status_code, first.json()["version"], first.headers["etag"]) == (201, 1, '"1"')
    api.now = day(1)
    assert (await publish(api, giving(1))).status_code == 200
    second = await publish(api, giving(2))
    assert (second.status_code, second.json()["version"]) == (201, 2)
    told = await got(api, f"{PATH}/versions")
    assert [(item["version"], item["published_by"]) for item in told["versions"]] == [(1, "tester"), (2, "tester")]
    assert [(await got(api, f"{PATH}/versions/{n}")) for n in (1, 2)] == [giving(1), giving(2)]
    shown = await got(api, PATH)
    assert (shown["version"], shown["latest"], shown["document"]) == (2, 2, giving(2))


async def test_a_version_for_later_doesnt_count_yet(api: Api) -> None:
    await publish(api, giving(1))
    assert (await publish(api, giving(2), effective_from=day(9).isoformat())).status_code == 201
    shown = await got(api, PATH)
    assert (shown["version"], shown["latest"]) == (1, 2)
    api.now = day(9)
    assert (await got(api, PATH))["version"] == 2


async def test_two_versions_are_compared_in_words(api: Api) -> None:
    for points in (1, 2, 3):
        await publish(api, giving(points))
        api.now = day(points)
    latest = await got(api, f"{PATH}/difference")
    assert (latest["before"], latest["after"]) == (2, 3)
    (change,) = (await got(api, f"{PATH}/difference", before=1, after=2))["changes"]
    assert change["at"] == "/earning/rules/one-per-euro"
    assert "now: on purchase: base: 2 points" in change["says"]
    assert (await got(api, f"{PATH}/difference", after=1))["before"] is None


async def test_what_is_unknown_is_not_found(api: Api) -> None:
    paths = (PATH, f"{PATH}/versions", f"{PATH}/versions/1", f"{PATH}/difference")
    assert [(await api.client.get(path)).status_code for path in paths] == [404] * 4
    await publish(api, giving(1))
    assert (await api.client.get(f"{PATH}/versions/2")).status_code == 404
    assert (await api.client.get(f"{PATH}/difference?before=2")).status_code == 404


async def test_faults_name_the_place_in_the_document_and_nothing_is_published(api: Api) -> None:
    faulty = giving(0, zone="Mars/Olympus")
    answer = await publish(api, faulty)
    assert answer.status_code == 422
    fields = [error["field"] for error in answer.json()["errors"]]
    assert fields == ["document/zone", "document/earning/rules/0/effects/0/amount/points"]
    assert (await publish(api, {**giving(1), "id": "other"})).json()["errors"][0]["field"] == "document/id"
    misshapen = await publish(api, {**giving(1), "currencies": "points"})
    assert misshapen.json()["errors"][0]["field"] == "document/currencies"
    late = await publish(api, giving(1), effective_from="2050-01-01T00:00:00Z")
    assert late.json()["errors"][0]["field"] == "effective_from"
    assert await api.store.read(PROGRAMME.stream("shop")) == []


async def test_a_check_tells_faults_changes_and_the_next_version(api: Api) -> None:
    seen = await check(api, giving(0))
    assert [(fault["at"], fault["rule"]) for fault in seen["faults"]] == [
        ("/earning/rules/0/effects/0/amount/points", "one-per-euro")
    ]
    seen = await check(api, giving(1))
    assert (seen["faults"], seen["version"], seen["unchanged"], seen["confirm"]) == ([], 1, False, None)
    await publish(api, giving(1))
    assert (await check(api, giving(1)))["unchanged"]


async def test_a_back_dated_version_is_published_with_the_token_of_its_check_alone(api: Api) -> None:
    await publish(api, giving(1))
    api.now = day(5)
    since = {"effective_from": day(2).isoformat()}
    refused = await publish(api, giving(2), **since)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/back-dating-unconfirmed")
    seen = await check(api, giving(2), **since)
    assert seen["back_dated"]
    assert (await publish(api, giving(3), **since, confirm=seen["confirm"])).status_code == 409
    done = await publish(api, giving(2), **since, confirm=seen["confirm"])
    assert (done.status_code, done.json()["back_dated"]) == (201, True)


async def test_a_stale_etag_publishes_nothing(api: Api) -> None:
    await publish(api, giving(1))
    api.now = day(1)
    await publish(api, giving(2))
    stale = await api.client.put(PATH, json={"document": giving(3)}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412


async def test_the_schema_of_a_document_is_served(api: Api) -> None:
    schema = await got(api, "/v1/programme-schema")
    assert "Rule" in schema["$defs"]


async def apply(
    api: Api, document: Any, since: str | None = None, *, dry_run: bool = False, agrees: bool = False
) -> Applied:
    return await apply_programme(api.client, document, since, dry_run=dry_run, agree=lambda _: agrees)


async def test_a_file_is_shown_and_published_once(api: Api) -> None:
    shown = await apply(api, giving(1), dry_run=True)
    assert (shown.published, shown.preview["changes"][0]["says"]) == (None, "programme shop begins: The shop")
    assert (await apply(api, giving(1))).published == 1
    again = await apply(api, giving(1))
    assert (again.published, again.preview["unchanged"]) == (None, True)
    api.now = day(1)
    assert (await apply(api, giving(2), day(3).isoformat())).published == 2


async def test_a_back_dated_file_is_published_only_when_agreed(api: Api) -> None:
    await apply(api, giving(1))
    api.now = day(5)
    refused = await apply(api, giving(2), day(2).isoformat())
    assert refused.published is None
    assert "back-dated" in refused.refused
    assert (await apply(api, giving(2), day(2).isoformat(), agrees=True)).published == 2


async def test_a_files_faults_are_told_and_what_the_service_refuses_in_its_own_words(api: Api) -> None:
    told = await apply(api, giving(0))
    assert "/earning/rules/0/effects/0/amount/points: rule one-per-euro must be at least 1 point" in told.refused
    with pytest.raises(ValueError, match="names no programme"):
        await apply(api, [])
    with pytest.raises(ValueError, match="document/currencies"):
        await apply(api, {**giving(1), "currencies": 5})
    api.confine(ANNA)
    with pytest.raises(ValueError, match="nothing here that this token may do"):
        await apply(api, giving(1), dry_run=True)


async def test_programmes_are_listed_by_what_was_published_last(api: Api) -> None:
    assert (await got(api, "/v1/programmes"))["data"] == []
    await publish(api, giving(1))
    api.now = day(1)
    await publish(api, giving(2, name="Our shop"))
    row: ProgrammeRow | None = None
    for item in await api.store.read(PROGRAMME.stream("shop")):
        row = PROGRAMMES.project(row, item)
    assert row == ProgrammeRow("shop", "Our shop", 2, day(1), day(1), 1, 1)


async def test_an_order_that_is_posted_earns_by_the_programme_that_the_settings_name(api: Api) -> None:
    await publish(api, giving(2))
    api.now, api.client = day(1), api.made(programme="shop")
    assert (await api.earn("o1", "49.90")).status_code == 201
    assert (await api.earn("o1", "49.90")).status_code == 200
    api.now = day(20)
    assert (await api.earn("o1", "49.90")).status_code == 200, "who sends it again later need not say when it was made"
    assert (await api.get("balance"))["balance"] == 98
    (lot,) = (await api.get("lots"))["lots"]
    assert (lot["lot_id"], lot["activates_at"]) == ("shop:o1:one-per-euro:1", day(15).strftime("%Y-%m-%dT%H:%M:%SZ"))
    judged, earned, *_ = (await api.get("why/shop:o1:one-per-euro:1"))["because"]
    assert (judged["type"], earned["rule"]) == ("fact-judged", RULE)
    assert judged["trace"] == earned["trace"] == TRACE
    assert judged["arithmetic"] == "by version 1 of shop: 98 by shop:o1:one-per-euro:1"
    assert (await api.refund("r1", "o1", "49.90")).status_code == 201
    assert (await api.get("balance"))["balance"] == 0
