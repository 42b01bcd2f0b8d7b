"""Points that wait for an action: say that it came, or that it won't come, for all of them or a part."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from services.loyalty.api.movements import Name, Points, Reason
from services.loyalty.api.moving import move
from services.loyalty.api.staff import must_be_staff
from services.loyalty.domain.ledger.commands import Activate, CancelPending
from shared.errors import Invalid
from shared.http import Call, documented, scope
from shared.http.written import Moment

router = APIRouter(prefix="/v1/members/{customer_id}", tags=["pending points"])

_ALL: Points | None = Field(default=None, description="All that wait, by default.")


class Activation(BaseModel):
    """The action that points waited for came: a delivery, the end of the return window."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"activation_id": "delivery-7", "lot_id": "shop:1001", "points": 30}]}
    )

    activation_id: Name
    lot_id: str = Field(min_length=1, max_length=1000)
    points: Points | None = _ALL
    acted_at: Moment | None = Field(default=None, description="When it came; now by default. Days count from here.")


class Cancellation(BaseModel):
    """The action that points wait for won't come."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"cancellation_id": "cancel-7", "lot_id": "shop:1001", "reason": "never delivered"}]
        }
    )

    cancellation_id: Name
    lot_id: str = Field(min_length=1, max_length=1000)
    points: Points | None = _ALL
    reason: Reason


@router.post("/activations", status_code=201, responses=documented(200, 404, 409, 412))
async def activate_points(
    customer_id: UUID, activation: Activation, call: Annotated[Call, scope("loyalty:write")]
) -> Response:
    """Let points be spent whose action came. Before their order is known, it answers 404: say it again later."""
    must_be_staff(call)
    acted_at = activation.acted_at or call.now
    if acted_at > call.now:
        raise Invalid([("acted_at", "lies in the future")])
    asked = (customer_id, activation.activation_id, activation.lot_id, acted_at, call.now, activation.points)
    return await move(call, customer_id, Activate(*asked))


@router.post("/cancellations", status_code=201, responses=documented(200, 404, 409, 412))
async def cancel_points(
    customer_id: UUID, cancellation: Cancellation, call: Annotated[Call, scope("loyalty:write")]
) -> Response:
    """Take back points whose action won't come. A later refund of their order doesn't take them again."""
    must_be_staff(call)
    asked = (customer_id, cancellation.cancellation_id, cancellation.lot_id, cancellation.reason, call.now)
    return await move(call, customer_id, CancelPending(*asked, cancellation.points))
