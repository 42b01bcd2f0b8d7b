"""Scores: what one customer is worth and why, and all of them as a list."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response

from services.scoring.domain.score import SCORE
from services.scoring.views.scores import SCORES
from shared.errors import Missing
from shared.http import Call, Listing, documented, scope
from shared.store.contract import Recorded

router = APIRouter(prefix="/v1", tags=["scores"])

SCORE_LIST = Listing(
    SCORES,
    filters=("tier", "recency", "frequency", "monetary", "value", "probability_alive", "run_id"),
    sorts=("-value", "value", "-expected_purchases", "-probability_alive"),
)


@router.get("/scores", responses=documented(422))
async def list_scores(call: Annotated[Call, scope("scoring:read")]) -> Response:
    """List customers by value, highest first."""
    return await SCORE_LIST.page(call)


@router.get("/customers/{customer_id}/score", responses=documented(404))
async def show_score(customer_id: UUID, call: Annotated[Call, scope("scoring:read")]) -> Response:
    """Show a customer's newest score with its reason, and every change before it."""
    events = await _events(call, customer_id)
    body = {"customer_id": customer_id, "score": events[-1].event, "history": [_change(item) for item in events]}
    return call.answer(body, version=events[-1].version)


@router.get("/customers/{customer_id}/score/why", responses=documented(404))
async def explain_score(customer_id: UUID, call: Annotated[Call, scope("scoring:read")]) -> Response:
    """Explain the newest score: the event, the run and the model behind it, and the arithmetic."""
    latest = (await _events(call, customer_id))[-1]
    run = (await call.kit.store.read(f"run-{latest.event.run_id}", up_to=2))[-1]
    body = {
        "customer_id": customer_id,
        "because": [_change(latest)],
        "run": {"event": run.id, "recorded_at": run.recorded_at, "frozen": run.event},
        "arithmetic": latest.event.reason,
    }
    return call.answer(body, version=latest.version)


async def _events(call: Call, customer_id: UUID) -> list[Recorded]:
    call.must_see(customer_id)
    events = list(await call.kit.store.read(SCORE.stream(customer_id)))
    if not events:
        raise Missing("score-unknown", f"Customer {customer_id} has no score yet. Ask for a run.")
    return events


def _change(item: Recorded) -> dict[str, Any]:
    return {
        "event": item.id,
        "service": item.service,
        "occurred_at": item.occurred_at,
        "recorded_at": item.recorded_at,
        "run_id": item.event.run_id,
        "tier": item.event.tier,
        "previous_tier": item.event.previous_tier,
        "reason": item.event.reason,
    }
