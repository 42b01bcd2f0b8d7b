"""The demo's loyalty programme: published before the log comes, redeemed from and asked about afterwards."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from msgspec import Struct

from rapport.apply_programme import apply_programme
from rapport.demo.ask import Services
from rapport.demo.measure import Measured
from rapport.demo.tiers import members_by_tier
from rapport.programme_file import read_programme
from services.loyalty.domain.programme.reading import document_of

FILE = Path(__file__).with_name("programme.yaml")
NAME = "cdnow"
BEGINS = "1997-01-01T00:00:00Z"
MONEY = "USD"

QUARTERS: Mapping[str, datetime] = {
    f"{year} Q{quarter}": datetime(year + quarter // 4, quarter * 3 % 12 + 1, 1, tzinfo=UTC)
    for year, quarter in ((1997, 1), (1997, 2), (1997, 3), (1997, 4), (1998, 1), (1998, 2))
}
"""The log's quarters, and the first moment after each."""

REWARD = "voucher"
OFFER: dict[str, Any] = {
    "kind": "voucher",
    "titles": {"en": "A voucher of $5"},
    "price": 500,
    "supply": "codes",
    "worth": {"amount": "5.00", "currency": MONEY},
}
REDEEMERS = 100
"""How many members redeem a voucher: those who earned most."""


class Quarter(Struct, frozen=True):
    """Where the programme stood at the end of a quarter; money is decimal texts in dollars, tiers are members."""

    quarter: str
    points: int
    redeemed: int
    outstanding: int
    liability: str
    low: str
    high: str
    tiers: Mapping[str, int]


async def publish_programme(services: Services) -> None:
    """Publish the programme from the log's first day on; the same again changes nothing."""
    document = read_programme(FILE)
    applied = await apply_programme(services.client("loyalty"), document, BEGINS, dry_run=False, agree=lambda _: True)
    if applied.refused:
        raise ValueError(applied.refused)


async def redeem(services: Services) -> dict[str, Any]:
    """Let the members who earned most redeem a voucher each, today; once for each, however often the demo runs."""
    await services.put("loyalty", f"/v1/rewards/{REWARD}", OFFER)
    codes = [f"CDNOW-{number:04}" for number in range(REDEEMERS)]
    await services.post("loyalty", f"/v1/rewards/{REWARD}/codes:batch", {"addition_id": "demo", "codes": codes})
    members = (await services.get("loyalty", f"/v1/members?sort=-earned&page[size]={REDEEMERS}"))["data"]
    points = 0
    for member in members:
        customer = member["customer_id"]
        wanted = {"reward_id": REWARD, "redemption_id": str(uuid5(NAMESPACE_URL, f"{NAME}:{customer}"))}
        points += (await services.post("loyalty", f"/v1/members/{customer}/redemptions", wanted))["points"]
    return {"vouchers": len(members), "points": points}


async def quarters(services: Services, measured: Measured) -> Sequence[Quarter]:
    """Return where the programme stood at the end of each quarter: its liability, and how many had which tier."""
    found, ends = [], QUARTERS.values()
    tiers = await members_by_tier(measured, document_of(read_programme(FILE)), ends)
    for name, end in QUARTERS.items():
        total = await _total(services, end)
        numbers = (total["points"], total["redeemed"], total["outstanding"])
        money = (total["liability"], total["low"], total["high"])
        found.append(Quarter(name, *numbers, *money, tiers[end]))
    return found


async def owed_today(services: Services) -> str:
    """Return today's liability, once the views show the redemptions."""
    return str((await _total(services, None))["liability"])


async def _total(services: Services, as_of: datetime | None) -> Any:
    asked = f"?as_of={as_of:%Y-%m-%dT%H:%M:%SZ}" if as_of else ""
    totals = (await services.get("loyalty", f"/v1/liability{asked}"))["totals"]
    return next(item for item in totals if item["money"] == MONEY)
