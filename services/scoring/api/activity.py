"""Activity: how active one customer is, how that came about and why, and all of them as a list."""

from uuid import UUID

from fastapi import APIRouter, Response

from services.scoring.adapters.readings import Together, histories, together
from services.scoring.api.access import Reading
from services.scoring.api.activity_answers import (
    ActivityAnswer,
    WhyActivityAnswer,
    activity_answer,
    why_activity_answer,
)
from services.scoring.api.activity_list import activity_list
from services.scoring.domain.activity import ACTIVITY
from shared.errors import Missing
from shared.http import At, Call, documented
from shared.store.contract import Moment, Recorded

router = APIRouter(prefix="/v1", tags=["activity"])


@router.get("/activity", responses=documented(422))
async def list_activity(call: Reading) -> Response:
    """List the customers who have bought with their class by activity, by default the newest purchase first."""
    return await activity_list(call.now).page(call)


@router.get("/customers/{customer_id}/activity", response_model=ActivityAnswer, responses=documented(404, 422))
async def show_activity(customer_id: UUID, call: Reading, at: At) -> Response:
    """Show a customer's class by activity at a moment, since when, until when, and every one before it.

    There is no ETag: the answer changes by time alone.
    """
    found, events = await _history(call, customer_id, at)
    return call.answer(activity_answer(found.root, found.members, events, at.now))


@router.get("/customers/{customer_id}/activity/why", response_model=WhyActivityAnswer, responses=documented(404, 422))
async def explain_activity(customer_id: UUID, call: Reading, at: At) -> Response:
    """Explain a customer's class by activity: the ladder, what there is on each rung, and the purchases behind it."""
    found, events = await _history(call, customer_id, at)
    return call.answer(why_activity_answer(found.root, events, at.now))


async def _history(call: Call, customer_id: UUID, at: Moment) -> tuple[Together, list[Recorded]]:
    call.must_see(customer_id)
    found = await together(call.kit.pool, customer_id, at)
    events = await histories(call.kit.store, [ACTIVITY.stream(member) for member in found.members], at)
    if not any(recorded.event.purchased_at for recorded in events):
        raise Missing("no-purchases", "This customer has bought nothing that we know of, so there is no class yet.")
    return found, events
