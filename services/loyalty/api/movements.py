"""Movements: earn, spend, take back. Each bears an id of the caller's, under which it counts once for ever."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.loyalty.api.members import balance_of
from services.loyalty.domain.commands import Command, Earn, ReverseEarning, ReverseSpend, Spend
from services.loyalty.domain.ledger import ACCOUNT
from shared.http import Answer, Call, documented, scope

router = APIRouter(prefix="/v1/members/{customer_id}", tags=["movements"])

_NAME = r"^[!-~]{1,255}$"
_SOURCE = r"^[a-z0-9][a-z0-9._]{0,63}$"
Amount = Annotated[Decimal, Field(ge=0, lt=10**15, decimal_places=3, description="A decimal string.")]


class Earning(BaseModel):
    """An order that earns."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"source": "shop", "order_id": "1001", "net": "49.90", "currency": "EUR"}]}
    )

    source: str = Field(pattern=_SOURCE)
    order_id: str = Field(pattern=_NAME)
    net: Amount
    currency: str = Field(pattern="^[A-Z]{3}$")
    earned_at: AwareDatetime | None = Field(default=None, description="When the order was made; now by default.")


class Refund(BaseModel):
    """Part of an order that was paid back."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"source": "shop", "order_id": "1001", "refund_id": "r-7", "amount": "10.00"}]}
    )

    source: str = Field(pattern=_SOURCE)
    order_id: str = Field(pattern=_NAME)
    refund_id: str = Field(pattern=_NAME)
    amount: Amount


class Spending(BaseModel):
    """Points to be spent."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"spend_id": "s-1", "points": 20, "reason": "voucher"}]})

    spend_id: str = Field(pattern=_NAME)
    points: int = Field(ge=1, lt=2**63)
    reason: str = Field(min_length=1, max_length=200)


@router.post("/earnings", status_code=201, responses=documented(409, 422))
async def earn_points(customer_id: UUID, earning: Earning, call: Annotated[Call, scope("loyalty:write")]) -> Response:
    """Give the points that an order earns, by the rule in force. The same order again changes nothing."""
    at: datetime = earning.earned_at or call.now
    command = Earn(customer_id, earning.source, earning.order_id, earning.net, earning.currency, at)
    return await _move(call, customer_id, command, occurred_at=at)


@router.post("/refunds", status_code=201, responses=documented(409, 422))
async def reverse_earning(customer_id: UUID, refund: Refund, call: Annotated[Call, scope("loyalty:write")]) -> Response:
    """Take back what a refunded part of an order had earned. Before its order, it waits for it."""
    command = ReverseEarning(customer_id, refund.source, refund.order_id, refund.refund_id, refund.amount)
    return await _move(call, customer_id, command)


@router.post("/spends", status_code=201, responses=documented(409, 422))
async def spend_points(
    customer_id: UUID, spending: Spending, call: Annotated[Call, scope("loyalty:write")]
) -> Response:
    """Spend points, from the lots that expire first. Answers 409 with the balance where it is too low."""
    return await _move(call, customer_id, Spend(customer_id, spending.spend_id, spending.points, spending.reason))


@router.post("/spends/{spend_id}/reversal", status_code=201, responses=documented(404, 409, 422))
async def reverse_spend(customer_id: UUID, spend_id: str, call: Annotated[Call, scope("loyalty:write")]) -> Response:
    """Take a spend back: its points return to the lots that they came from."""
    return await _move(call, customer_id, ReverseSpend(customer_id, spend_id))


async def _move(call: Call, customer_id: UUID, command: Command, occurred_at: datetime | None = None) -> Response:
    call.must_see(customer_id)
    return await call.handle(
        ACCOUNT,
        ACCOUNT.stream(customer_id),
        command,
        subject=str(customer_id),
        occurred_at=occurred_at,
        answer=lambda outcome: Answer(
            {**balance_of(outcome.state), "events": list(outcome.events)}, 201 if outcome.events else 200
        ),
    )
