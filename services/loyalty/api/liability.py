"""The liability for points, by IFRS 15, as of any moment."""

import asyncio
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Response

from services.loyalty.adapters.lot_movements import movements_of_cohorts
from services.loyalty.api.liability_answers import LiabilityAnswer, liability_answer
from services.loyalty.api.promises import all_promises
from services.loyalty.api.staff import must_be_staff
from services.loyalty.domain.liability.liability import lines
from services.loyalty.domain.liability.of_programme import assumed_by
from services.loyalty.domain.programme.terms import EARLIEST
from shared.consumers.freshness import current_at
from shared.http import At, Call, documented, scope

router = APIRouter(prefix="/v1/liability", tags=["liability"])

Currency = Annotated[str | None, Query(pattern="^[a-z][a-z0-9-]{0,31}$", description="Of points; all by default.")]
Partner = Annotated[
    str | None,
    Query(pattern="^[a-z0-9][a-z0-9-]{0,63}$|^$", description="Who issues them; empty: the programme itself."),
]


@router.get("", response_model=LiabilityAnswer, responses=documented(404))
async def show_liability(
    call: Annotated[Call, scope("loyalty:read")], at: At, currency: Currency = None, partner: Partner = None
) -> Response:
    """Show what is owed for points that aren't used yet, by month of issue, currency, partner and money.

    Each cohort's amounts are rounded to the cent, and a total is the sum of its cohorts.
    """
    must_be_staff(call)
    promised = await all_promises(call, at)
    usual = promised[0].at(at.now)
    moved = await movements_of_cohorts(call.kit.pool, at, usual.zone, currency, partner)
    until = max(at.now, EARLIEST).astimezone(ZoneInfo(usual.zone)).date().replace(day=1)
    # Triangles of many years take a while; other requests needn't wait for them.
    found = await asyncio.to_thread(lines, moved, until, assumed_by(promised, usual.zone))
    current = await current_at(call.kit.pool, call.kit.service.views_consumer)
    return call.answer(liability_answer(found, at.now, promised, current))
