"""The whole path on real processes: touchpoints go in by Kafka and HTTP, and all four services answer for them."""

import asyncio
import time
from itertools import islice

import httpx
from joserfc import jwt
from joserfc.jwk import OctKey

from rapport.commands.views import audit_service
from rapport.demo import log
from rapport.services import SERVICES
from shared.http.auth import DEVELOPMENT_ISSUER
from shared.settings import KernelSettings, read

from .conftest import Deployment


async def test_a_customer_is_known_by_all_four_services(deployment: Deployment) -> None:
    messages = list(log.messages(islice(log.purchases(), 400)))
    await deployment.publish(messages)
    await deployment.caught_up(len(messages))
    services = deployment.services

    run = await services.post("scoring", "/v1/runs", {})
    async with asyncio.timeout(30):
        while (await services.get("scoring", f"/v1/runs/{run['run_id']}"))["status"] != "completed":
            await asyncio.sleep(0.1)
    await deployment.caught_up(len(messages))

    best = await services.best_customer()
    seen = await services.get("contact", f"/v1/customers/{best}")
    balance = await services.get("loyalty", f"/v1/members/{best}/balance")
    score = await services.get("scoring", f"/v1/customers/{best}/score")
    assert seen["points"]["balance"] == balance["balance"] > 0
    assert seen["score"]["tier"] == score["score"]["tier"] == "platinum"
    assert seen["purchases"]["count"] >= 1
    timeline = (await services.get("contact", f"/v1/customers/{best}/timeline?page[size]=200"))["data"]
    assert {item["service"] for item in timeline} >= {"contact", "loyalty", "scoring"}
    assert len((await services.get("tickets", "/v1/queue"))["data"]) == 2
    for name in SERVICES:
        for result in await audit_service(name):
            assert result.differences == 0, result.first
    await services.close()


async def test_the_docs_and_the_health_of_each_service_answer(deployment: Deployment) -> None:
    async with httpx.AsyncClient() as client:
        for service in deployment.stack.state.services.values():
            for path in (
                "/docs",
                "/openapi.json",
                "/docs/assets/swagger-ui-bundle.js",
                "/livez",
                "/readyz",
                "/startupz",
            ):
                assert (await client.get(service.url + path)).status_code == 200, path
            assert (await client.get(f"{service.url}/v1/customers")).status_code in (401, 404)
            assert "rapport_consumer_messages" in (await client.get(service.metrics_url)).text


async def test_what_is_wrong_is_parked_and_the_rest_of_its_partition_goes_on(deployment: Deployment) -> None:
    good = list(log.messages(islice(log.purchases(), 50)))
    broken = [
        good[0]._replace(value=b"not json"),
        good[1]._replace(value=good[1].value.replace(b"USD", b"QQQ")),
        good[2]._replace(headers=[]),
        good[3]._replace(value=b"x" * 900_000),
        good[4]._replace(value=good[4].value.replace(b'"amount":"29.33"', b'"amount":"30.33"')),
    ]
    await deployment.publish([message for pair in zip(broken, good, strict=False) for message in pair] + good[5:])
    await deployment.caught_up(55)
    state = await deployment.state()
    parked = await _parked("contact")
    assert len(parked) >= 4
    assert len(state["contact.timeline"]) > 100
    assert all(item.reason for item in parked)


async def _parked(name: str):  # type: ignore[no-untyped-def] # the parking lot's own type
    from rapport.commands.opened import opened

    async with opened(name) as at:
        return await at.parking_lot.list()


async def test_a_customers_own_token_sees_that_customer_alone_in_every_list(deployment: Deployment) -> None:
    messages = list(log.messages(islice(log.purchases(), 400)))
    await deployment.publish(messages)
    await deployment.caught_up(len(messages))
    services = deployment.services
    own = (await services.get("tickets", "/v1/tickets"))["data"][0]["customer_id"]
    await services.close()
    token = _customer_token(own)
    lists = {"contact": "/v1/customers", "tickets": "/v1/tickets", "loyalty": "/v1/members"}
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as client:
        for name, path in lists.items():
            url = deployment.stack.state.services[name].url
            rows = (await client.get(url + path)).json()["data"]
            assert [row["customer_id"] for row in rows] == [own]
        scoring = deployment.stack.state.services["scoring"].url
        assert (await client.get(f"{scoring}/v1/runs")).status_code == 404


def _customer_token(customer: str) -> str:
    settings = read(KernelSettings)
    claims = {
        "iss": DEVELOPMENT_ISSUER,
        "aud": settings.oidc_audience,
        "sub": "anna",
        "customer": customer,
        "scope": " ".join(f"{name}:read" for name in SERVICES),
        "exp": int(time.time()) + 600,
    }
    key = OctKey.import_key(settings.development_token_secret.get_secret_value())
    return jwt.encode({"alg": "HS256"}, claims, key)


async def test_a_spend_of_the_whole_balance_sent_twenty_times_at_once_wins_once(deployment: Deployment) -> None:
    messages = list(log.messages(islice(log.purchases(), 50)))
    await deployment.publish(messages)
    await deployment.caught_up(len(messages))
    services = deployment.services
    member = (await services.get("loyalty", "/v1/members?page[size]=1"))["data"][0]
    path = f"/v1/members/{member['customer_id']}/spends"
    client = services._clients["loyalty"]
    answers = await asyncio.gather(
        *(
            client.post(path, json={"spend_id": f"s{number}", "points": member["balance"], "reason": "all"})
            for number in range(20)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19
    assert (await services.get("loyalty", f"/v1/members/{member['customer_id']}/balance"))["balance"] == 0
    await services.close()


async def test_a_list_that_waits_for_a_token_shows_the_write(deployment: Deployment) -> None:
    services = deployment.services
    client = services._clients["contact"]
    touchpoint = {
        "kind": "purchase",
        "source": "shop",
        "id": "o1",
        "channel": "web",
        "occurred_at": "2026-01-05T09:30:00Z",
        "identifiers": [{"type": "shop-customer", "value": "anna"}],
        "purchase": {"amount": "49.90", "currency": "EUR"},
    }
    written = await client.post("/v1/touchpoints", json=touchpoint)
    assert written.status_code == 201
    headers = {"Consistency-Token": written.headers["consistency-token"], "Prefer": "wait=5"}
    found = await client.get("/v1/customers", headers=headers)
    assert found.status_code == 200
    assert found.json()["data"][0]["purchases"] == 1
    await services.close()
