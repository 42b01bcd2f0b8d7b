"""Movements: earn, spend, take back. Each bears an id of the caller's, under which it counts once for ever."""

from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from services.loyalty.api.moving import move
from services.loyalty.api.promises import currency_among, judging_of, promises_of
from services.loyalty.api.staff import must_be_staff
from services.loyalty.domain.earning.budget import BUDGET
from services.loyalty.domain.earning.rulebook import Rulebook
from services.loyalty.domain.ledger.commands import Command, Earn, ReverseEarning, ReverseSpend, Spend
from services.loyalty.domain.ledger.currencies import CODE
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.judge import Judge
from services.loyalty.domain.pools.process import is_of_a_pool
from services.loyalty.domain.programme.promises import Promises
from services.loyalty.domain.programme.terms import EARLIEST
from services.loyalty.domain.redeeming.points import is_of_a_redemption
from services.loyalty.domain.rules.fact import Fact
from shared.errors import Invalid, Rejected
from shared.http import Call, documented, scope
from shared.http.written import WRITTEN_NUMBER, Moment

router = APIRouter(prefix="/v1/members/{customer_id}", tags=["movements"])

EARLY = timedelta(minutes=5)
"""How far in the future an order may lie: a shop's clock may be ahead of ours."""

Name = Annotated[str, Field(pattern=r"^[!-~]{1,255}$")]
Points = Annotated[int, Field(ge=1, lt=2**63), WRITTEN_NUMBER]
Reason = Annotated[str, Field(min_length=1, max_length=200)]
_SOURCE = r"^[a-z0-9][a-z0-9._]{0,63}$"
PointsCurrency: Any = Field(
    default=None, pattern=CODE, description="The point currency; the programme's main one by default."
)
Amount = Annotated[Decimal, Field(ge=0, lt=10**15, decimal_places=3, description="A decimal string.")]


class Earning(BaseModel):
    """An order that earns."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"source": "shop", "order_id": "1001", "net": "49.90", "currency": "EUR"}]}
    )

    source: str = Field(pattern=_SOURCE)
    order_id: Name
    net: Amount
    currency: str = Field(pattern="^[A-Z]{3}$")
    earned_at: Moment | None = Field(default=None, description="When the order was made; now by default.")
    points_currency: str | None = PointsCurrency


class Refund(BaseModel):
    """Part of an order that was paid back."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"source": "shop", "order_id": "1001", "refund_id": "r-7", "amount": "10.00"}]}
    )

    source: str = Field(pattern=_SOURCE)
    order_id: Name
    refund_id: Name
    amount: Amount


class Spending(BaseModel):
    """Points to be spent."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"spend_id": "s-1", "points": 20, "reason": "voucher"}]})

    spend_id: Name
    points: Points
    reason: Reason
    currency: str | None = PointsCurrency


@router.post("/earnings", status_code=201, responses=documented(200, 404, 409, 412))
async def earn_points(customer_id: UUID, earning: Earning, call: Annotated[Call, scope("loyalty:write")]) -> Response:
    """Give the points that an order earns, by the rule in force. The same order again changes nothing."""
    must_be_staff(call)
    at = _earned_at(earning, call.now)
    made = partial(_earning, customer_id, earning, at, call.now)
    return await move(call, customer_id, made, at, await _line(call, customer_id), judging_of(call).streams)


@router.post("/refunds", status_code=201, responses=documented(200, 404, 409, 412))
async def reverse_earning(customer_id: UUID, refund: Refund, call: Annotated[Call, scope("loyalty:write")]) -> Response:
    """Take back what a refunded part of an order had earned. Before its order, it waits for it."""
    must_be_staff(call)
    asked = (customer_id, refund.source, refund.order_id, refund.refund_id, refund.amount, call.now, call.now)

    def made(promises: Promises) -> Command:
        return ReverseEarning(*asked, promises.at(call.now).policies.debt)

    return await move(call, customer_id, made, needs=judging_of(call).streams)


@router.post("/spends", status_code=201, responses=documented(200, 409, 412))
async def spend_points(
    customer_id: UUID, spending: Spending, call: Annotated[Call, scope("loyalty:write")]
) -> Response:
    """Spend points, from the lots that expire first. Answers 409 with the balance where it is too low."""
    asked = (customer_id, spending.spend_id, spending.points, spending.reason, call.now)

    def made(promises: Promises) -> Command:
        declared = promises.at(call.now).declared()
        return Spend(*asked, None, currency_among(declared, spending.currency), declared)

    return await move(call, customer_id, made)


@router.post("/spends/{spend_id}/reversal", status_code=201, responses=documented(200, 404, 409, 412))
async def reverse_spend(customer_id: UUID, spend_id: str, call: Annotated[Call, scope("loyalty:write")]) -> Response:
    """Take a spend back: its points return to the lots that they came from, where those haven't lapsed meanwhile."""

    def made(promises: Promises) -> Command:
        return ReverseSpend(customer_id, spend_id, call.now, promises.at(call.now).policies.lapse)

    must_stand_alone(spend_id)
    return await move(call, customer_id, made)


def must_stand_alone(name: str) -> None:
    """Refuse to take back a spend, or let a hold go, that is part of a redemption, or of a pool's spend."""
    if is_of_a_redemption(name) or is_of_a_pool(name):
        raise Rejected("part-of-a-whole", "It belongs to a redemption or a pool's spend: call that off, whole.")


def _earning(customer_id: UUID, earning: Earning, at: datetime, now: datetime, promises: Promises) -> Command:
    """Return what lets the order earn: by the rules in force at its time, before any by the plain one."""
    document = promises.at(at)
    if promises.programme.version_at(at) is not None:
        fact = Fact("purchase", earning.source, earning.order_id, at, earning.net, earning.currency)
        return Judge(customer_id, fact, Rulebook(promises.programme), now, debt=document.policies.debt)
    declared = document.declared()
    points = currency_among(declared, earning.points_currency, "points_currency")
    order = (customer_id, earning.source, earning.order_id, earning.net, earning.currency, at, now)
    return Earn(*order, document.terms_of(points), (), points, declared, document.policies.debt)


async def _line(call: Call, customer_id: UUID) -> str | None:
    """Return the line of the budgets that the order may use, so that many orders at once don't take turns in vain.

    It is a guess: whatever it is, budgets are read and written with the account.
    """
    known = call.kit.handler.known(ACCOUNT.stream(customer_id))
    promises = await promises_of(call, known.state if known else None)
    shared = any(version.document.earning.shares for version in promises.programme.versions)
    return BUDGET.stream(promises.programme_id) if shared else None


def _earned_at(earning: Earning, now: datetime) -> datetime:
    at = earning.earned_at or now
    if not EARLIEST <= at <= now + EARLY:
        raise Invalid([("earned_at", "must be a time between 1970 and now")])
    return at
