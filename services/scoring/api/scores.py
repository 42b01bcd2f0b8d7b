"""Scores: what one customer is worth, how that came about and why, and all of them as a list."""

from uuid import UUID

from fastapi import APIRouter, Response

from services.scoring.adapters.readings import evidence
from services.scoring.api.access import Reading, scored
from services.scoring.api.measures import ScoreAnswer, score_answer
from services.scoring.api.reasons import WhyAnswer, why_answer
from services.scoring.domain.run import RUN
from services.scoring.domain.score import SCORE
from services.scoring.views.scores import SCORES
from shared.errors import Missing
from shared.http import Listing, documented

router = APIRouter(prefix="/v1", tags=["scores"])

SCORE_LIST = Listing(
    SCORES,
    filters=(
        *("tier", "recency", "frequency", "monetary", "value", "probability_alive", "expected_purchases"),
        *("customer_id", "run_id"),
    ),
    sorts=("-value", "value", "-expected_purchases", "-probability_alive", "probability_alive"),
)

MOST_EVENTS = 200


@router.get("/scores", responses=documented(422))
async def list_scores(call: Reading) -> Response:
    """List the customers' newest scores, by default the most valuable first."""
    return await SCORE_LIST.page(call)


@router.get("/customers/{customer_id}/score", response_model=ScoreAnswer, responses=documented(404, 422))
async def show_score(customer_id: UUID, call: Reading) -> Response:
    """Show a customer's newest score with its reason, and every change before it. The ETag is the score's version."""
    call.must_see(customer_id)
    history = await call.kit.store.read(SCORE.stream(customer_id))
    scored(history[-1].event if history else None)
    return call.answer(score_answer(customer_id, history), version=len(history))


@router.get("/customers/{customer_id}/score/why", response_model=WhyAnswer, responses=documented(404, 422))
async def explain_score(customer_id: UUID, call: Reading) -> Response:
    """Explain a customer's score: the events behind it, the run and the model's version, and the arithmetic."""
    call.must_see(customer_id)
    loaded = await call.load(SCORE, SCORE.stream(customer_id))
    latest = scored(loaded.state.latest)
    frozen = (await call.load(RUN, RUN.stream(latest.run_id))).state.frozen
    if frozen is None:
        raise Missing("run-unknown", "The run that made this score is not in the log.")
    rows = await evidence(call.kit.pool, customer_id, latest.currency, frozen.observed_until, MOST_EVENTS + 1)
    return call.answer(why_answer(latest, loaded.version, frozen, rows, MOST_EVENTS), version=loaded.version)
