"""What other services tell becomes points by a programme's rules, through a real Kafka, each once."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rapport.demo.ask import Services
from rapport.programme_file import read_programme
from tests.architecture.project import ROOT

from .conftest import NewDeployment

SHOP = ROOT / "services" / "loyalty" / "programmes" / "shop.yaml"
ENOUGH_SECONDS = 120


@pytest.fixture
async def shop(new_deployment: NewDeployment) -> AsyncIterator[Services]:
    """A Rapport whose members belong to the shop's programme."""
    os.environ["LOYALTY_PROGRAMME"] = "shop"
    services = (await new_deployment()).services
    body = {"document": read_programme(SHOP), "effective_from": "2026-01-01T00:00:00Z"}
    answer = await services._clients["loyalty"].put("/v1/programmes/shop", json=body)
    assert answer.status_code == 201, answer.text
    yield services
    await services.close()


def touchpoint(kind: str, name: str, **part: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "source": "shop",
        "id": name,
        "channel": "branch-visit" if kind == "interaction" else "web",
        "occurred_at": datetime.now(UTC).isoformat(),
        "identifiers": [{"type": "shop-customer", "value": "anna"}],
        kind: part,
    }


async def told(services: Services, *touchpoints: dict[str, Any]) -> str:
    """Send touchpoints, each twice, and return whose they are."""
    answers = [await services.post("contact", "/v1/touchpoints", one) for one in (*touchpoints, *touchpoints)]
    return str(answers[0]["customer_id"])


async def by_rule(services: Services, member: str, wanted: dict[str, int]) -> dict[str, int]:
    """Return the points of each rule, once they are what is wanted, or time is up."""
    deadline = time.monotonic() + ENOUGH_SECONDS
    found: dict[str, int] = {}
    while found != wanted and time.monotonic() < deadline:
        await asyncio.sleep(0.2)
        answer = await services._clients["loyalty"].get(f"/v1/members/{member}/lots")
        found = {}
        for lot in answer.json()["lots"] if answer.status_code == 200 else ():
            found[lot["rule"]] = found.get(lot["rule"], 0) + lot["points"]
    return found


async def settled(services: Services, member: str, points: int) -> None:
    """Open a complaint, and resolve it with so many points."""
    ticket = await services.post(
        "tickets", "/v1/tickets", {"customer_id": member, "summary": "Late.", "channel": "web"}
    )
    at, tickets = f"/v1/tickets/{ticket['ticket_id']}", services._clients["tickets"]
    tag = (await tickets.get(at)).headers["etag"]
    body = {"decision": "upheld", "redress": [{"kind": "points", "points": points}], "explanation": "It was late."}
    answer = await tickets.post(f"{at}/resolution", json=body, headers={"If-Match": tag})
    assert answer.status_code == 200, answer.text


async def test_a_survey_a_visit_a_settled_complaint_and_a_consent_earn_once_each(shop: Services) -> None:
    survey, visit = touchpoint("activity", "1", what="survey"), touchpoint("interaction", "1", direction="inbound")
    member = await told(shop, survey, visit)
    wanted = {"welcome": 100, "opinion": 20, "branch-visit": 5}
    assert await by_rule(shop, member, wanted) == wanted
    await settled(shop, member, 40)
    wanted |= {"redress": 40}
    assert await by_rule(shop, member, wanted) == wanted
    contact, born = shop._clients["contact"], datetime.now(UTC) + timedelta(days=1)
    for path, body in {"consents/marketing": {"granted": True}, "birthday": {"birthday": f"{born:%m-%d}"}}.items():
        assert (await contact.put(f"/v1/customers/{member}/{path}", json=body)).status_code == 200
    await told(shop, touchpoint("purchase", "o1", amount="30.00", currency="EUR"))
    # The shop doubles what is bought near a birthday, which contact has sealed.
    wanted |= {"newsletter": 50, "one-per-euro": 30, "first-order": 200, "birthday-week": 30}
    assert await by_rule(shop, member, wanted) == wanted
