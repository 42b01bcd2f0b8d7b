"""Kafka's outage: all its nodes are away; commands and detail reads go on, and lists say how old they are."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from rapport.commands.token import ALL_SCOPES
from shared.http.auth import development_token
from shared.settings import KernelSettings, read
from tests.faults.deployment import Deployment
from tests.faults.steps.step import Step, StepFailed

LISTS = {"contact": "/v1/customers", "loyalty": "/v1/members", "tickets": "/v1/tickets"}
ASK_SECONDS = 5.0
SLACK = timedelta(seconds=3)
"""What a list claims to hold may have been taken from a broker just before it went."""


class KafkaOutage(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="kafka-outage"):
    """Kill all of Kafka for so many `seconds`, and ask lists and details meanwhile.

    Raises StepFailed when a list or a detail isn't answered, or a list claims to be newer than the outage.
    """

    seconds: float = 25.0

    async def run(self, deployment: Deployment) -> None:
        nodes = [name for name in deployment.parts if name.startswith("kafka.")]
        token = development_token(read(KernelSettings), ALL_SCOPES, subject="faults")
        async with deployment.held_down(nodes), httpx.AsyncClient(timeout=10) as client:
            client.headers["Authorization"] = f"Bearer {token}"
            for name in nodes:
                await deployment.kill(name)
            began, over = datetime.now(UTC), deployment.now + self.seconds
            asked = 0
            while deployment.now < over:
                await asyncio.sleep(ASK_SECONDS)
                for service, path in LISTS.items():
                    for name in deployment.names(service=service, role="api"):
                        await _ask(client, deployment.replica(name).url, path, began)
                        asked += 1
        deployment.tell(f"Kafka may come back; {asked} lists were asked for meanwhile")


async def _ask(client: httpx.AsyncClient, url: str, path: str, began: datetime) -> None:
    """Ask for a list, and for the first thing in it."""
    listed = await _get(client, f"{url}{path}")
    current = listed["meta"]["current_at"]
    if current is not None and datetime.fromisoformat(current) > began + SLACK:
        raise StepFailed(f"{url}{path} says that it is of {current}, and Kafka was away since {began}")
    for item in listed["data"][:1]:
        name = item.get("ticket_id") or item["customer_id"]
        await _get(client, f"{url}{path}/{name}")


async def _get(client: httpx.AsyncClient, url: str) -> dict[str, Any]:
    try:
        answer = await client.get(url)
    except httpx.HTTPError as error:
        raise StepFailed(f"{url} wasn't answered while Kafka was away: {error!r}") from error
    if answer.status_code != httpx.codes.OK:
        raise StepFailed(f"{url} was answered {answer.status_code} while Kafka was away: {answer.text[:200]}")
    found: dict[str, Any] = answer.json()
    return found
