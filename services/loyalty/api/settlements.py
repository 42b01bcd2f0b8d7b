"""Settlements: each partner's monthly statements, and the entries that they consist of."""

import re
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from services.loyalty.api.partners import PartnerId, ask
from services.loyalty.api.staff import must_be_staff
from services.loyalty.domain.partners.commands import CloseMonth
from services.loyalty.views.partner_entries import PARTNER_ENTRIES
from services.loyalty.views.settlements import SETTLEMENTS
from shared.http import Call, Listing, described, documented, scope

router = APIRouter(prefix="/v1", tags=["settlements"])

SETTLEMENT_LIST = Listing(
    SETTLEMENTS,
    filters=("partner_id", "month", "money", "closed", "total", "entries"),
    sorts=("-month", "month", "settlement_id"),
)
OWN_LIST = Listing(
    SETTLEMENTS, filters=("month", "closed", "total", "entries"), sorts=("-month", "month", "settlement_id")
)
ENTRY_LIST = Listing(
    PARTNER_ENTRIES,
    filters=("kind", "month", "happened_at", "late", "points_currency", "entry_id", "reverses", "amount"),
    sorts=("-happened_at", "happened_at"),
)


class Closing(BaseModel):
    """A month that is to be closed."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"month": "2026-01"}]})

    month: str = Field(pattern=r"^(19|20)\d{2}-(0[1-9]|1[0-2])$", description="Such as 2026-01.")

    @property
    def first(self) -> date:
        """The month's first day."""
        year, month = map(int, re.findall(r"\d+", self.month))
        return date(year, month, 1)


@router.get("/settlements", openapi_extra=described(SETTLEMENT_LIST), responses=documented(404))
async def list_settlements(call: Annotated[Call, scope("loyalty:read")]) -> Response:
    """List all partners' months, open and closed."""
    must_be_staff(call)
    return await SETTLEMENT_LIST.page(call)


@router.get("/partners/{partner_id}/settlements", openapi_extra=described(OWN_LIST), responses=documented(404))
async def list_partner_settlements(partner_id: PartnerId, call: Annotated[Call, scope("loyalty:read")]) -> Response:
    """List a partner's months, open and closed: opening + total = closing."""
    must_be_staff(call)
    return await OWN_LIST.page(call, _of(SETTLEMENTS, partner_id))


@router.get("/partners/{partner_id}/entries", openapi_extra=described(ENTRY_LIST), responses=documented(404))
async def list_partner_entries(partner_id: PartnerId, call: Annotated[Call, scope("loyalty:read")]) -> Response:
    """List what was booked with a partner; filter by the month of a statement for the entries that it consists of."""
    must_be_staff(call)
    return await ENTRY_LIST.page(call, _of(PARTNER_ENTRIES, partner_id))


@router.post("/partners/{partner_id}/settlements", status_code=201, responses=documented(200, 404, 409, 412))
async def close_settlement(
    partner_id: PartnerId, body: Closing, call: Annotated[Call, scope("loyalty:write")]
) -> Response:
    """Close a month that is over, and those before it, for good. What comes later goes into the next one."""
    return await ask(call, partner_id, CloseMonth(partner_id, body.first, call.now))


def _of(view: Any, partner_id: str) -> Any:
    return view.table.c.partner_id == partner_id
