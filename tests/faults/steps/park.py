"""Park: a touchpoint that can't be taken is parked; an operator finds it, tries it again, and gives it up."""

import asyncio
from typing import Any

import msgspec
from aiokafka import AIOKafkaProducer

from services.contact.policies.touchpoints import TOPIC
from tests.faults.deployment import Deployment
from tests.faults.program import rapport
from tests.faults.steps.step import Step, StepFailed

PARKED_SECONDS = 60.0
DAY = "2026-01-05T09:30:00Z"


class Park(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="park"):
    """Send a touchpoint that lacks what it tells of; then list, retry, and discard it by command."""

    async def run(self, deployment: Deployment) -> None:
        name = f"step-{deployment.random.getrandbits(64):x}"
        item = await _found(deployment, await _send(deployment, name))
        code, said = await rapport(deployment, "parked", "retry", "contact", item["handler"], item["key"])
        if code != 1:
            raise StepFailed(f"what can't be taken was tried again, with exit code {code}: {said}")
        code, said = await rapport(deployment, "parked", "discard", "contact", str(item["first_id"]))
        if code:
            raise StepFailed(f"what can't be taken can't be given up: {said}")
        code, said = await rapport(deployment, "parked", "retry", "contact", item["handler"], item["key"])
        if code or any(other["key"] == item["key"] for other in await _parked(deployment)):
            raise StepFailed(f"what was given up is still parked: {said}")


async def _send(deployment: Deployment, name: str) -> str:
    """Send it, and return its place: what can't be read has no stream of its own to be parked under."""
    known_by = [{"type": "shop-customer", "value": name}]
    body = {"kind": "interaction", "source": "faults", "id": name, "channel": "call", "occurred_at": DAY}
    headers = [
        ("content-type", b"application/json"),
        ("ce_specversion", b"1.0"),
        ("ce_type", b"rapport.touchpoint.interaction.v1"),
        ("ce_source", b"/faults"),
        ("ce_id", name.encode()),
    ]
    producer = AIOKafkaProducer(bootstrap_servers=deployment.kafka.bootstrap_servers, acks="all")
    await producer.start()
    try:
        value = msgspec.json.encode({**body, "identifiers": known_by})
        sent = await producer.send_and_wait(TOPIC, value, key=name.encode(), headers=headers)
        return f"{TOPIC}/{sent.partition}/{sent.offset}"
    finally:
        await producer.stop()


async def _found(deployment: Deployment, key: str) -> dict[str, Any]:
    """Return the parked key, once it is there."""
    over = deployment.now + PARKED_SECONDS
    while deployment.now < over:
        for item in await _parked(deployment):
            if item["key"] == key:
                return item
        await asyncio.sleep(0.5)
    raise StepFailed(f"{key} can't be taken, and isn't parked")


async def _parked(deployment: Deployment) -> list[dict[str, Any]]:
    code, said = await rapport(deployment, "parked", "list", "contact", "--json")
    if code:
        raise StepFailed(f"what is parked can't be listed: {said}")
    found: list[dict[str, Any]] = msgspec.json.decode(said)
    return found
