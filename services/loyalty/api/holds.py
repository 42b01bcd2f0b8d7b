"""Holds: keep points for something, capture them for it, let them go, list them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from services.loyalty.api.membership import Members, answered, load_members
from services.loyalty.api.movements import Name, Points, PointsCurrency, Reason, must_stand_alone
from services.loyalty.api.moving import move
from services.loyalty.api.promises import currency_among
from services.loyalty.domain.ledger.account import Account, HoldMade
from services.loyalty.domain.ledger.commands import Capture, Command, Hold, Release
from services.loyalty.domain.programme.promises import Promises
from shared.errors import Invalid
from shared.http import At, Call, documented, scope
from shared.http.written import Moment

router = APIRouter(prefix="/v1/members/{customer_id}/holds", tags=["holds"])

LONGEST = timedelta(days=366)
"""How long points can be held: they don't lapse meanwhile."""


class Holding(BaseModel):
    """Points to be held until before a moment."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"hold_id": "h-1", "points": 20, "reason": "voucher", "until": "2026-01-05T10:00:00Z"},
            ]
        }
    )

    hold_id: Name
    points: Points
    reason: Reason
    until: Moment = Field(description="From this moment on the points are free again; at most 366 days from now.")
    currency: str | None = PointsCurrency


class Capturing(BaseModel):
    """How much of what is held is spent."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"points": 15}]})

    points: Points | None = Field(default=None, description="All of it by default. What isn't captured goes back.")


@router.post("", status_code=201, responses=documented(200, 409, 412))
async def hold_points(customer_id: UUID, holding: Holding, call: Annotated[Call, scope("loyalty:write")]) -> Response:
    """Hold points, from the lots that expire first: they can't be spent otherwise, and don't lapse, until it ends."""
    if holding.until > call.now + LONGEST:
        raise Invalid([("until", f"must be at most {LONGEST.days} days from now")])
    asked = (customer_id, holding.hold_id, holding.points, holding.reason, call.now, holding.until)

    def made(promises: Promises) -> Command:
        declared = promises.at(call.now).declared()
        return Hold(*asked, None, currency_among(declared, holding.currency), declared)

    return await move(call, customer_id, made)


@router.post("/{hold_id}/capture", status_code=201, responses=documented(200, 404, 409, 412))
async def capture_hold(
    customer_id: UUID, hold_id: str, capturing: Capturing, call: Annotated[Call, scope("loyalty:write")]
) -> Response:
    """Spend what is held, or a part of it; the rest goes back. It is a spend under the hold's id from then on."""
    must_stand_alone(hold_id)
    return await move(call, customer_id, Capture(customer_id, hold_id, call.now, capturing.points))


@router.post("/{hold_id}/release", status_code=201, responses=documented(200, 404, 409, 412))
async def release_hold(customer_id: UUID, hold_id: str, call: Annotated[Call, scope("loyalty:write")]) -> Response:
    """Let what is held go back to its lots; what had lapsed meanwhile lapses now."""
    must_stand_alone(hold_id)
    return await move(call, customer_id, Release(customer_id, hold_id, call.now))


@router.get("", responses=documented(304, 404))
async def list_holds(customer_id: UUID, call: Annotated[Call, scope("loyalty:read")], at: At) -> Response:
    """List the holds in the order in which they were placed, as of any moment."""
    members = await load_members(call, customer_id, at)
    return answered(call, members, {"holds": [*_bodies(members, at.now)]})


def _bodies(members: Members, now: datetime) -> Iterator[dict[str, Any]]:
    for owner, account in members.accounts.items():
        for hold_id, hold in account.holds.items():
            spend = account.spends.get(hold_id)
            yield {
                "hold_id": hold_id,
                "customer_id": owner,
                "currency": hold.points_currency,
                "points": hold.points,
                "reason": hold.reason,
                "until": hold.until,
                "status": _status(account, hold_id, hold, now),
                "captured": spend.points if spend else 0,
                "lots": hold.allocations,
            }


def _status(account: Account, hold_id: str, hold: HoldMade, now: datetime) -> str:
    if hold_id in account.spends:
        return "captured"
    if hold.is_over(now):
        return "over"
    return "released" if hold.ended else "open"
