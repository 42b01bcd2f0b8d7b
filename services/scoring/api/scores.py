"""Scores: what one customer is worth, how that came about and why, and all of them as a list."""

from collections.abc import Sequence
from uuid import UUID

from fastapi import APIRouter, Response

from services.scoring.adapters.readings import Behind, Together, evidence, histories, spending, together
from services.scoring.api.access import Reading, scored, unknown_then
from services.scoring.api.measures import ScoreAnswer, score_answer
from services.scoring.api.reasons import Facts, WhyAnswer, why_answer
from services.scoring.domain.events import CustomerScored
from services.scoring.domain.run import RUN
from services.scoring.domain.score import SCORE
from services.scoring.views.scores import SCORES
from shared.errors import Missing
from shared.http import At, Call, Listing, described, documented
from shared.store.contract import NOW, Moment, Recorded

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


@router.get("/scores", openapi_extra=described(SCORE_LIST))
async def list_scores(call: Reading) -> Response:
    """List the customers' newest scores, by default the most valuable first."""
    return await SCORE_LIST.page(call)


@router.get("/customers/{customer_id}/score", response_model=ScoreAnswer, responses=documented(304, 404))
async def show_score(customer_id: UUID, call: Reading, at: At) -> Response:
    """Show a customer's score with its reason, and every change before it. The ETag is the score's version.

    Of customers who are one the root's is shown, else the newest, without an ETag:
    the same version may be another customer's after a merge.
    """
    found, history = await _history(call, customer_id, at)
    return call.answer(score_answer(found.root, found.members, history), version=_version(found, history))


@router.get("/customers/{customer_id}/score/why", response_model=WhyAnswer, responses=documented(304, 404))
async def explain_score(customer_id: UUID, call: Reading, at: At) -> Response:
    """Explain a customer's score: the events behind it, the run and the model's version, and the arithmetic.

    The purchases are those that had happened by `as_of`, of what contact had
    been told by `known_at`, up to the day until which the run observed.
    """
    found, history = await _history(call, customer_id, at)
    newest = history[-1]
    latest: CustomerScored = newest.event
    frozen = (await call.load(RUN, RUN.stream(latest.run_id))).state.frozen
    if frozen is None:
        raise Missing("run-unknown", "The run that made this score is not in the log.")
    whose = sorted({latest.customer_id, *latest.members} & set(found.members))
    behind = Behind(whose, at, latest.currency, frozen.observed_until)
    pool = call.kit.pool
    facts = Facts(await spending(pool, behind), await evidence(pool, behind, MOST_EVENTS + 1), MOST_EVENTS)
    return call.answer(why_answer(newest, frozen, facts), version=_version(found, history))


async def _history(call: Call, customer_id: UUID, at: Moment) -> tuple[Together, Sequence[Recorded]]:
    """Return whom the customer is one with at the moment, and the scores that count for them then, not none."""
    call.must_see(customer_id)
    found = await together(call.kit.pool, customer_id, at)
    streams = [SCORE.stream(member) for member in found.members]
    events = await histories(call.kit.store, streams, at)
    if not events and await histories(call.kit.store, streams, NOW):
        raise unknown_then()
    root = SCORE.stream(found.root)
    shown = max(events, key=lambda item: (item.stream == root, item.recorded_at, item.stream), default=None)
    scored(shown.event if shown else None)
    return found, [item for item in events if shown and item.stream == shown.stream]


def _version(found: Together, history: Sequence[Recorded]) -> int | None:
    return history[-1].version if len(found.members) == 1 else None
