"""Interrupt merges: the API is killed while it merges two customers, and while it takes the merge back."""

import asyncio
from collections.abc import Mapping
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
            after = [await _settled(client, customer, points=20) for customer in (one, two)]
            if after != before:
                raise StepFailed(f"{one} and {two} were {before}, and are {after} after all merges were taken back")
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
    shown: Mapping[str, Any] = {}
    for _ in range(int(SETTLE_SECONDS * 2)):
        shown = await client.ask("contact", "GET", f"/v1/customers/{customer}")
        if shown["points"]["balance"] == points:
            return {name: value for name, value in shown.items() if name != "version"}
        await asyncio.sleep(0.5)
    raise StepFailed(f"{customer} doesn't come to have {points} points: {shown}")
