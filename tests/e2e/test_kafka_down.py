"""With Kafka down, commands and detail reads succeed, lists say how old they are, and then everything catches up."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Any

from rapport.demo.ask import Services

from .conftest import Deployment


def touchpoint(order: int) -> dict[str, Any]:
    return {
        "kind": "purchase",
        "source": "shop",
        "id": f"order-{order}",
        "channel": "web",
        "occurred_at": "2026-01-05T09:30:00Z",
        "identifiers": [{"type": "shop-customer", "value": "4711"}],
        "purchase": {"amount": "10.00", "currency": "EUR"},
    }


async def members(services: Services) -> tuple[list[int], datetime | None]:
    """Return the balances that loyalty's list shows, and the moment that it claims to be current at."""
    found = await services.get("loyalty", "/v1/members")
    current = found["meta"]["current_at"]
    return [row["balance"] for row in found["data"]], current and datetime.fromisoformat(current)


async def until_shown(services: Services, balance: int, since: datetime) -> None:
    deadline = time.monotonic() + 60
    while True:
        balances, current = await members(services)
        if balances == [balance] and current and current > since:
            return
        assert time.monotonic() < deadline, f"the list shows {balances} as of {current}"
        await asyncio.sleep(0.2)


async def test_with_kafka_down_commands_succeed_lists_tell_their_age_and_all_catches_up(deployment: Deployment) -> None:
    services = deployment.services
    first = await services.post("contact", "/v1/touchpoints", touchpoint(1))
    await until_shown(services, 10, datetime.now(UTC))
    deployment.kill("kafka")
    down = datetime.now(UTC)
    await asyncio.sleep(3)
    second = await services.post("contact", "/v1/touchpoints", touchpoint(2))
    spent = await services.post(
        "loyalty",
        f"/v1/members/{first['customer_id']}/spends",
        {"spend_id": "s-1", "points": 4, "reason": "voucher"},
    )
    detail = await services.get("loyalty", f"/v1/members/{first['customer_id']}/balance")
    assert second["customer_id"] == first["customer_id"]
    assert spent["balance"] == detail["balance"] == 6
    balances, current = await members(services)
    assert balances == [10]
    assert current is not None
    assert current < down
    await asyncio.to_thread(deployment.up)
    await until_shown(services, 16, datetime.now(UTC))
    await services.close()
