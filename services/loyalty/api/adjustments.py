"""Adjustments: the staff gives or takes points by hand, with a reason; large ones wait for a second person."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from services.loyalty.api.membership import answered, load_members
from services.loyalty.api.movements import Name, PointsCurrency, Reason
from services.loyalty.api.moving import move
from services.loyalty.api.promises import currency_among
from services.loyalty.api.staff import must_be_staff
from services.loyalty.domain.ledger.commands import Adjust, Command, ConfirmAdjustment, RefuseAdjustment
from services.loyalty.domain.programme.promises import Promises
from shared.errors import Invalid
from shared.http import At, Call, documented, scope
from shared.http.written import Whole

router = APIRouter(prefix="/v1/members/{customer_id}/adjustments", tags=["adjustments"])


class Adjustment(BaseModel):
    """Points to be given (> 0) or taken (< 0)."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"adjustment_id": "a-1", "points": 500, "reason": "lost luggage"}]}
    )

    adjustment_id: Name
    points: Whole = Field(gt=-(2**63), lt=2**63)
    reason: Reason
    currency: str | None = PointsCurrency


class Refusal(BaseModel):
    """Why an adjustment is refused."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "paid already"}]})

    reason: Reason


@router.post("", status_code=201, responses=documented(200, 404, 409, 412))
async def adjust_points(
    customer_id: UUID, adjustment: Adjustment, call: Annotated[Call, scope("loyalty:write")]
) -> Response:
    """Give or take points. More than one person may move alone wait for a second one, and move nothing yet."""
    actor = must_be_staff(call)
    if adjustment.points == 0:
        raise Invalid([("points", "must not be 0")])
    asked = (customer_id, adjustment.adjustment_id, adjustment.points, adjustment.reason, actor, call.now)

    def made(promises: Promises) -> Command:
        document = promises.at(call.now)
        declared = document.declared()
        currency = currency_among(declared, adjustment.currency)
        return Adjust(*asked, document.terms_of(currency), currency, declared, document.policies.adjustment)

    return await move(call, customer_id, made)


@router.post("/{adjustment_id}/confirmation", status_code=201, responses=documented(200, 404, 409, 412))
async def confirm_adjustment(
    customer_id: UUID, adjustment_id: str, call: Annotated[Call, scope("loyalty:write")]
) -> Response:
    """Confirm, as a second person, what somebody else asked for: its points are moved now."""
    actor = must_be_staff(call)

    def made(promises: Promises) -> Command:
        document = promises.at(call.now)
        terms = {code: document.terms_of(code) for code in document.codes()}
        return ConfirmAdjustment(customer_id, adjustment_id, actor, call.now, terms)

    return await move(call, customer_id, made)


@router.post("/{adjustment_id}/refusal", status_code=201, responses=documented(200, 404, 409, 412))
async def refuse_adjustment(
    customer_id: UUID, adjustment_id: str, refusal: Refusal, call: Annotated[Call, scope("loyalty:write")]
) -> Response:
    """Refuse what waits for a second person, or take back what oneself asked for."""
    actor = must_be_staff(call)
    command = RefuseAdjustment(customer_id, adjustment_id, refusal.reason, actor, call.now)
    return await move(call, customer_id, command)


@router.get("", responses=documented(304, 404))
async def list_adjustments(customer_id: UUID, call: Annotated[Call, scope("loyalty:read")], at: At) -> Response:
    """List the adjustments, made, waiting and refused, in the order in which they were asked for."""
    members = await load_members(call, customer_id, at)
    body = [
        {
            "adjustment_id": name,
            "customer_id": owner,
            "currency": made.points_currency,
            "points": made.points,
            "reason": made.reason,
            "actor": made.actor,
            "status": made.status,
        }
        for owner, account in members.accounts.items()
        for name, made in account.adjustments.items()
    ]
    return answered(call, members, {"adjustments": body})
