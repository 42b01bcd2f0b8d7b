"""Interrupt merges: the API is killed while it merges two customers, and while it takes the merge back."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Annotated, Any
from uuid import UUID

import httpx
from msgspec import Meta

from tests.faults.deployment import Deployment
from tests.faults.steps.own_customer import Client
from tests.faults.steps.step import Step, StepFailed

SETTLE_SECONDS = 60.0


class InterruptMerge(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="interrupt-merge"):
    """Merge two customers and take it back, `times` over, each time interrupted and asked again with its key.

    Raises StepFailed when a merge took effect twice, or the two aren't as they were afterwards.
    """

    times: Annotated[int, Meta(ge=1)] = 4

    async def run(self, deployment: Deployment) -> None:
        async with httpx.AsyncClient(timeout=6) as http:
            client = Client(deployment, http)
            one, two = await client.register(), await client.register()
            for customer in (one, two):
                body = {"source": "faults", "order_id": f"step-{customer}", "net": "20.00", "currency": "EUR"}
                await client.ask("loyalty", "POST", f"/v1/members/{customer}/earnings", body)
            before = [await _settled(client, customer, points=20) for customer in (one, two)]
            for _ in range(self.times):
                await _there_and_back(client, one, two)
            for customer, shown in zip((one, two), before, strict=True):
                await _again(client, customer, shown)
            found = await client.ask("contact", "GET", f"/v1/customers/{one}/merges")
            if len(found["merges"]) != self.times:
                raise StepFailed(f"{one} was merged {self.times} times, and has {len(found['merges'])} merges")


async def _there_and_back(client: Client, one: UUID, two: UUID) -> None:
    path = f"/v1/customers/{one}/merges"
    body = {"into": str(two), "evidence": [{"kind": "said-so"}]}
    merged = await client.ask("contact", "POST", path, body, interrupt=True)
    await _settled(client, two, points=40)
    undo = f"{path}/{merged['merge_id']}/undo"
    await client.ask("contact", "POST", undo, {"reason": "mistake"}, interrupt=True)


async def _settled(client: Client, customer: UUID, *, points: int) -> Mapping[str, Any]:
    """Return the customer's 360 once it shows so many points."""
    return await _until(client, customer, lambda shown: shown["points"]["balance"] == points, f"{points} points")


async def _again(client: Client, customer: UUID, before: Mapping[str, Any]) -> None:
    """Wait until the 360 is whole as it was: its parts come from several topics, each at a pace of its own."""
    await _until(client, customer, lambda shown: shown == before, f"what it was before all merges, {before}")


async def _until(
    client: Client, customer: UUID, come: Callable[[Mapping[str, Any]], bool], hoped: str
) -> Mapping[str, Any]:
    shown: Mapping[str, Any] = {}
    for _ in range(int(SETTLE_SECONDS * 2)):
        answer = await client.ask("contact", "GET", f"/v1/customers/{customer}")
        shown = {name: value for name, value in answer.items() if name != "version"}
        if come(shown):
            return shown
        await asyncio.sleep(0.5)
    raise StepFailed(f"{customer} doesn't come to show {hoped}: {shown}")
