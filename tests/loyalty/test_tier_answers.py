"""A member's tier over the API: as of any moment, booked with the earning or by a timer, and granted by hand."""

from datetime import datetime
from typing import Any

import httpx
import pytest

from services.loyalty.domain.programme.commands import Publish
from services.loyalty.domain.programme.decider import PROGRAMME
from services.loyalty.domain.programme.document import Document
from services.loyalty.domain.programme.points_currency import PointsCurrency
from services.loyalty.domain.rules.language import RuleSet
from services.loyalty.domain.tiers.table import Benefits, Tier, TierTable
from shared.handle import Handler
from shared.store.contract import Context
from tests.loyalty.conftest import Api
from tests.loyalty.loyalty_facts import ANNA, BERT, NOW
from tests.loyalty.programmes import BASE
from tests.loyalty.tier_facts import on

TIERS = (Tier("member", 0), Tier("silver", 100), Tier("gold", 250, benefits=Benefits(service_level="priority")))
CLUB = Document("club", "Club", (PointsCurrency("points"),), earning=RuleSet((BASE,)), tiers=TierTable(TIERS))
ENROLMENT = f"enrolment-{ANNA}"


async def publish(api: Api, document: Document, since: datetime) -> None:
    command = Publish(document, since, api.now)
    stream = PROGRAMME.stream(document.id)
    context = Context(api.now, api.now)
    await Handler(api.store).handle(PROGRAMME, stream, command, subject=stream, context=context)


@pytest.fixture
async def club(api: Api) -> Api:
    """An API of a process whose members are in a club with tiers."""
    await publish(api, CLUB, on("2020-01-01"))
    api.client = api.made(programme="club")
    return api


async def booked(api: Api, stream: str = ENROLMENT) -> list[tuple[str, str | None, datetime]]:
    """Return what an enrolment remembers: each event, the tier after it, and when it happened."""
    return [
        (item.type, getattr(item.event, "after", getattr(item.event, "tier", None)), item.occurred_at)
        for item in await api.store.read(stream)
    ]


async def test_the_tier_is_booked_with_the_earning_that_reaches_it(club: Api) -> None:
    await club.earn("o1", "60")
    assert await booked(club) == []
    await club.earn("o2", "50")
    assert await booked(club) == [("tier-changed", "silver", NOW)]
    found = await club.get("tier")
    assert (found["programme"], found["tier"], found["benefits"]["service_level"]) == ("club", "silver", "standard")
    assert found["next"] == {"tier": "gold", "points": 140, "events": None, "by": "2027-01-01T00:00:00Z"}
    assert found["keep"]["points"] == 0
    assert found["loss"]["at"] == "2028-01-01T00:00:00Z"
    assert [(move["from"], move["to"], move["reason"]) for move in found["history"]] == [
        ("member", "silver", "reached")
    ]


async def test_a_timer_books_the_review_with_the_table_of_the_programme(club: Api) -> None:
    await club.earn("o1", "100")
    club.now = on("2028-02-01")
    assert (await club.get("tier"))["tier"] == "member"
    await club.fire()
    assert await booked(club) == [("tier-changed", "silver", NOW), ("tier-changed", "member", on("2028-01-01"))]
    assert await club.store.wakes_at(ENROLMENT) is None


async def test_a_timer_that_comes_too_early_is_set_again(club: Api) -> None:
    await club.earn("o1", "100")
    club.now = on("2027-06-01")
    await club.earn("o2", "100")
    assert await club.store.wakes_at(ENROLMENT) == on("2028-01-01")
    club.now = on("2028-01-02")
    await club.fire()
    assert (await booked(club))[1:] == [("tier-kept", "silver", on("2028-01-01"))]
    assert await club.store.wakes_at(ENROLMENT) == on("2029-01-01")


async def test_a_return_undoes_the_tier_from_then_on(club: Api) -> None:
    await club.earn("o1", "100")
    club.now = on("2026-02-01")
    await club.refund("r1", "o1", "100")
    assert (await booked(club))[1:] == [("tier-changed", "member", on("2026-02-01"))]
    assert (await club.get("tier", as_of="2026-01-20T00:00:00Z"))["tier"] == "silver"
    assert [move["reason"] for move in (await club.get("tier"))["history"]] == ["reached", "reversed"]


async def test_what_was_spent_counts_all_the_same(club: Api) -> None:
    await club.earn("o1", "100")
    await club.spend("s1", 100)
    assert (await club.get("tier"))["tier"] == "silver"


async def test_a_late_fact_gives_other_answers_from_when_it_was_known(club: Api) -> None:
    await club.earn("o1", "60")
    club.now = on("2026-03-01")
    await club.earn("o2", "60", earned_at="2026-01-20T00:00:00Z")
    tiers = {
        (as_of, known_at): (await club.get("tier", as_of=f"{as_of}T00:00:00Z", known_at=f"{known_at}T00:00:00Z"))[
            "tier"
        ]
        for as_of in ("2026-01-10", "2026-02-01")
        for known_at in ("2026-02-01", "2026-03-01")
    }
    assert tiers == {
        ("2026-01-10", "2026-02-01"): "member",
        ("2026-01-10", "2026-03-01"): "member",
        ("2026-02-01", "2026-02-01"): "member",
        ("2026-02-01", "2026-03-01"): "silver",
    }


async def test_merged_members_have_the_tier_of_what_they_earned_together(club: Api) -> None:
    await club.earn("o1", "60")
    await club.earn("o2", "60", who=BERT)
    assert (await club.get("tier"))["tier"] == "member"
    await club.merge()
    assert (await club.get("tier"))["tier"] == "silver"
    assert (await club.get("tier", BERT))["customer_id"] == str(ANNA)
    await club.undo()
    assert (await club.get("tier"))["tier"] == "member"


async def test_a_programme_without_tiers_has_none_to_show(api: Api) -> None:
    await api.earn("o1", "100")
    assert (await api.client.get(f"/v1/members/{ANNA}/tier")).json()["type"].endswith("no-tiers")
    await publish(api, Document("club", "Club", (PointsCurrency("points"),)), on("2020-01-01"))
    api.client = api.made(programme="club")
    await api.earn("o2", "100")
    assert (await api.client.get(f"/v1/members/{ANNA}/tier")).status_code == 404
    assert await booked(api) == []


async def grant(api: Api, tier: str = "gold", **more: Any) -> httpx.Response:
    body = {"grant_id": "g1", "tier": tier, "until": "2026-09-01T00:00:00Z", "reason": "a match", **more}
    return await api.client.post(f"/v1/members/{ANNA}/tier-grants", json=body)


async def test_a_grant_is_booked_with_its_actor_holds_and_ends_by_itself(club: Api) -> None:
    await club.earn("o1", "100")
    answer = await grant(club)
    assert answer.status_code == 201, answer.text
    assert (await grant(club, since=NOW.isoformat())).status_code == 200
    found = await club.get("tier")
    assert (found["tier"], found["benefits"]["service_level"]) == ("gold", "priority")
    (given,) = (await club.get("tier-grants"))["grants"]
    assert (given["actor"], given["reason"], given["counts"]) == ("tester", "a match", True)
    club.now = on("2026-09-02")
    await club.fire()
    assert (await booked(club))[-1] == ("tier-changed", "silver", on("2026-09-01"))
    assert (await club.get("tier-grants"))["grants"][0]["counts"] is False


async def test_a_grant_is_ended_before_its_time(club: Api) -> None:
    await club.earn("o1", "100")
    await grant(club)
    club.now = on("2026-05-01")
    path = f"/v1/members/{ANNA}/tier-grants/g1/end"
    assert (await club.client.post(path, json={"reason": "a mistake"})).status_code == 201
    assert (await club.client.post(path, json={"reason": "a mistake"})).status_code == 200
    assert (await club.get("tier"))["tier"] == "silver"
    assert (await club.client.post(path.replace("g1", "g9"), json={"reason": "x"})).status_code == 404


async def test_what_cannot_be_granted_is_refused_with_the_field_or_the_rule(club: Api) -> None:
    assert (await grant(club)).json()["type"].endswith("member-unknown")
    await club.earn("o1", "100")
    assert (await grant(club, "diamond")).json()["type"].endswith("tier-unknown")
    early = await grant(club, until="2025-09-01T00:00:00Z")
    assert (early.status_code, early.json()["errors"][0]["field"]) == (422, "until")
    assert await booked(club) == [("tier-changed", "silver", NOW)]


async def test_an_earning_still_obeys_if_match_where_tiers_are_booked(club: Api) -> None:
    body = {"source": "shop", "order_id": "o2", "net": "10", "currency": "EUR"}
    path = f"/v1/members/{ANNA}/earnings"
    before = (await club.client.post(path, json={**body, "order_id": "o1"})).headers["ETag"]
    stale = await club.client.post(path, json=body, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    fresh = await club.client.post(path, json=body, headers={"If-Match": before})
    assert fresh.status_code == 201
    assert int(fresh.headers["ETag"].strip('"')) > int(before.strip('"'))
