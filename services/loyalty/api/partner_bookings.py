"""What is booked with a partner: points, reversals, packs, payments. Each counts once for ever, by (source, event)."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from services.loyalty.api.movements import EARLY
from services.loyalty.api.partners import PartnerId, PointsCurrency, ask
from services.loyalty.domain.partners.commands import BookPoints, BuyPack, Pay, ReversePoints
from services.loyalty.domain.programme.terms import EARLIEST
from shared.errors import Invalid
from shared.http import Call, documented, scope
from shared.http.written import Moment, Whole

router = APIRouter(prefix="/v1/partners/{partner_id}", tags=["partners"])

Writing = Annotated[Call, scope("loyalty:write")]

MOST = 10**15
"""Points of one entry: sums of thousands of them stay far below 64 bits."""


class Told(BaseModel):
    """What makes an entry count once, and when it happened."""

    source: str = Field(pattern=r"^[a-z0-9][a-z0-9._]{0,63}$")
    event: str = Field(pattern=r"^[!-~]{1,255}$")
    at: Moment | None = Field(default=None, description="When it happened; now by default.")

    def happened(self, now: datetime) -> datetime:
        """Return when it happened. Invalid: that is no time at which it can have."""
        at = self.at or now
        if not EARLIEST <= at <= now + EARLY:
            raise Invalid([("at", "must be a time between 1970 and now")])
        return at


class PointsBody(Told):
    """Points that the partner's customers earned, or redeemed there."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"source": "hotel", "event": "stay-7", "kind": "accrual", "points": 400}]}
    )

    kind: Literal["accrual", "redemption"]
    points: Whole = Field(ge=1, le=MOST)
    points_currency: PointsCurrency = "points"


class ReversalBody(Told):
    """Points of an entry that are taken back."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"source": "hotel", "event": "stay-7-back", "reverses": "hotel:stay-7", "points": 400}]
        }
    )

    reverses: str = Field(min_length=1, max_length=320, description="The entry, as source:event.")
    points: Whole = Field(ge=1, le=MOST)


class PackBody(Told):
    """Points that are bought in advance."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"source": "desk", "event": "pack-1", "points": 100000, "amount": "1200.00"}]}
    )

    points: Whole = Field(ge=1, le=MOST)
    amount: Decimal = Field(gt=0, lt=10**15, decimal_places=3, description="What the whole pack costs.")


class PaymentBody(Told):
    """Money that settles what is owed."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"source": "bank", "event": "transfer-9", "amount": "1200.00"}]}
    )

    amount: Decimal = Field(
        gt=-(10**15), lt=10**15, decimal_places=3, description="Positive from the partner, negative to it."
    )


@router.post("/points", status_code=201, responses=documented(200, 404, 409, 412))
async def book_partner_points(partner_id: PartnerId, body: PointsBody, call: Writing) -> Response:
    """Book points at the price of the day they moved. A prepaid partner's accruals are taken from its packs."""
    at = body.happened(call.now)
    what = (body.source, body.event, body.kind, body.points, at, call.now, body.points_currency)
    return await ask(call, partner_id, BookPoints(partner_id, *what))


@router.post("/reversals", status_code=201, responses=documented(200, 404, 409, 412))
async def reverse_partner_points(partner_id: PartnerId, body: ReversalBody, call: Writing) -> Response:
    """Take points of an entry back, at the price at which it was booked."""
    at = body.happened(call.now)
    what = (body.source, body.event, body.reverses, body.points, at, call.now)
    return await ask(call, partner_id, ReversePoints(partner_id, *what))


@router.post("/packs", status_code=201, responses=documented(200, 404, 409, 412))
async def buy_partner_pack(partner_id: PartnerId, body: PackBody, call: Writing) -> Response:
    """Sell a prepaid partner a pack of points."""
    at = body.happened(call.now)
    return await ask(
        call, partner_id, BuyPack(partner_id, body.source, body.event, body.points, body.amount, at, call.now)
    )


@router.post("/payments", status_code=201, responses=documented(200, 404, 409, 412))
async def book_partner_payment(partner_id: PartnerId, body: PaymentBody, call: Writing) -> Response:
    """Book a payment from the partner, or to it."""
    at = body.happened(call.now)
    return await ask(call, partner_id, Pay(partner_id, body.source, body.event, body.amount, at, call.now))
