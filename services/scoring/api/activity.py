"""Activity: how active one customer is, how that came about and why, and all of them as a list."""

from datetime import UTC, datetime
from uuid import UUID

from fastapi import APIRouter, Response

from services.scoring.adapters.readings import Behind, histories, purchase_days, together
from services.scoring.api.access import Reading, unknown_then
from services.scoring.api.activity_answers import (
    ActivityAnswer,
    Known,
    WhyActivityAnswer,
    activity_answer,
    why_activity_answer,
)
from services.scoring.api.activity_list import activity_list
from services.scoring.domain.activity import ACTIVITY
from shared.errors import Missing
from shared.http import At, Call, described, documented
from shared.http.moments import Asked

EARLIEST = datetime.min.replace(tzinfo=UTC)
NO_PURCHASES = "This customer has bought nothing that we know of, so there is no class yet."

router = APIRouter(prefix="/v1", tags=["activity"])


@router.get("/activity", openapi_extra=described(activity_list(EARLIEST)))
async def list_activity(call: Reading) -> Response:
    """List the customers who have bought with their class by activity, by default the newest purchase first."""
    return await activity_list(call.now).page(call)


@router.get("/customers/{customer_id}/activity", response_model=ActivityAnswer, responses=documented(404))
async def show_activity(customer_id: UUID, call: Reading, at: At) -> Response:
    """Show a customer's class by activity at a moment, since when, until when, and every one before it.

    There is no ETag: the answer changes by time alone.
    """
    return call.answer(activity_answer(await _known(call, customer_id, at)))


@router.get("/customers/{customer_id}/activity/why", response_model=WhyActivityAnswer, responses=documented(404))
async def explain_activity(customer_id: UUID, call: Reading, at: At) -> Response:
    """Explain a customer's class by activity: the ladder, what there is on each rung, and the purchases behind it."""
    return call.answer(why_activity_answer(await _known(call, customer_id, at)))


async def _known(call: Call, customer_id: UUID, at: Asked) -> Known:
    """Return what counts of the customer, and of those who are one with them, at the moment."""
    call.must_see(customer_id)
    pool = call.kit.pool
    found = await together(pool, customer_id, at)
    purchases = await purchase_days(pool, Behind(found.members, at))
    if not purchases:
        known_now = bool(await purchase_days(pool, Behind(found.members)))
        raise unknown_then() if known_now else Missing("no-purchases", NO_PURCHASES)
    decided = await histories(call.kit.store, [ACTIVITY.stream(member) for member in found.members], at)
    return Known(found.root, found.members, purchases, decided, at.now)
