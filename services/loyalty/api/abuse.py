"""Abuse, for the staff: what was decided about a member and why; review a suspicion; block, and lift the block."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from services.loyalty.api.access import Reading, Writing
from services.loyalty.api.membership import answered, load_members
from services.loyalty.api.movements import Reason
from services.loyalty.api.staff import must_be_staff
from services.loyalty.api.standing import Why
from services.loyalty.api.watched import watching_of
from services.loyalty.domain.abuse.acts import Kind
from services.loyalty.domain.abuse.events import ActJudged
from services.loyalty.domain.abuse.watch import WATCH, Watch
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.policies import reviewing
from services.loyalty.policies.watching import Watching
from services.loyalty.views.flagged import FLAGGED
from shared.errors import Missing
from shared.http import Answer, At, Call, Listing, described, documented
from shared.http.consistency import token_of
from shared.merging import group
from shared.policies.work import WorkingSet
from shared.store.contract import Context

router = APIRouter(prefix="/v1", tags=["abuse"])

FLAGGED_LIST = Listing(
    FLAGGED,
    ("customer_id", "blocked", "open", "suspicions", "refusals", "last_rule", "last_outcome", "last_at"),
    ("-last_at", "last_at", "-open", "-suspicions"),
)


Step = Callable[[WorkingSet, Watching, Context], Sequence[Any]]
"""What the staff decides about all who are one with a member."""


class ReviewDraft(BaseModel):
    """What someone found who looked at a suspicion."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"kind": "earning", "act_id": "shop:1001", "cleared": True, "reason": "A wedding list."}]
        },
    )

    kind: Kind
    act_id: str = Field(min_length=1, max_length=600, description="As /abuse names it.")
    cleared: bool = Field(description="Nothing is wrong: withheld points can be spent. If not, they are taken back.")
    reason: Reason


@router.get("/flagged-members", openapi_extra=described(FLAGGED_LIST))
async def list_flagged(call: Reading) -> Response:
    """List members of whom something was suspected or refused, or who are blocked, those first whom it befell last."""
    must_be_staff(call)
    return await FLAGGED_LIST.page(call)


@router.get("/members/{customer_id}/abuse", responses=documented(304, 404))
async def show_abuse(customer_id: UUID, call: Reading, at: At) -> Response:
    """Show every decision about the member with its reasons, the newest first, and whether they are blocked."""
    must_be_staff(call)
    members = await load_members(call, customer_id, at)
    watches = [await _watch(call, member, at) for member in members.accounts]
    decided = [(item, watch) for watch in watches for item in watch.decided]
    body = {
        "blocked": next((_block_body(watch) for watch in watches if watch.blocked), None),
        "decisions": [
            _decision_body(item, watch)
            for item, watch in sorted(decided, key=lambda found: (found[0].at, found[0].act_id), reverse=True)
        ],
    }
    return answered(call, members, body)


@router.post("/members/{customer_id}/reviews", status_code=201, responses=documented(200, 404))
async def review_suspicion(customer_id: UUID, draft: ReviewDraft, call: Writing) -> Response:
    """Say what came of looking at a suspicion: points that were withheld come free, or are taken back."""
    actor = must_be_staff(call)
    found = reviewing.Found(draft.kind, draft.act_id, draft.cleared, draft.reason, actor)
    return await _decide(call, customer_id, lambda work, who, context: reviewing.review(work, who, context, found))


@router.post("/members/{customer_id}/block", status_code=201, responses=documented(200, 404))
async def block_member(customer_id: UUID, why: Why, call: Writing) -> Response:
    """Block a member: nothing leaves the account of any who are one with them, until the block is lifted."""
    actor = must_be_staff(call)
    return await _decide(
        call, customer_id, lambda work, who, context: reviewing.block(work, who, context, why.reason, actor)
    )


@router.post("/members/{customer_id}/unblock", status_code=201, responses=documented(200, 404))
async def unblock_member(customer_id: UUID, why: Why, call: Writing) -> Response:
    """Lift the block. An account that was frozen before stays so."""
    actor = must_be_staff(call)
    return await _decide(
        call, customer_id, lambda work, who, context: reviewing.unblock(work, who, context, why.reason, actor)
    )


async def _decide(call: Call, customer_id: UUID, step: Step) -> Response:
    """Take a step over the watches and accounts of all who are one with the member, all or nothing."""
    members = (await group(call.kit.pool, str(customer_id))).members
    watching = watching_of(call, customer_id, members)
    accounts = [ACCOUNT.stream(member) for member in members]
    watches = [WATCH.stream(member) for member in members]

    def decide(work: WorkingSet) -> Answer:
        events = step(work, watching, call.context())
        told = [stream for stream in watches if work.version(stream)]
        headers = {"Consistency-Token": token_of(told[-1], work.version(told[-1]))} if told else {}
        return Answer({"events": events}, 201 if events else 200, headers)

    return await call.work([*accounts, *watches], decide, personal=accounts)


async def _watch(call: Call, member: str, at: Any) -> Watch:
    try:
        return (await call.load_at(WATCH, WATCH.stream(member), at)).state
    except Missing:
        return Watch()


def _block_body(watch: Watch) -> dict[str, Any] | None:
    made = watch.blocked
    return {"reason": made.reason, "actor": made.actor, "rule": made.rule or None} if made else None


def _decision_body(item: ActJudged, watch: Watch) -> dict[str, Any]:
    review = watch.reviews.get((item.kind, item.act_id)) if item.effective else None
    return {
        "customer_id": item.customer_id,
        "kind": item.kind,
        "act_id": item.act_id,
        "at": item.at,
        "points": item.points,
        "outcome": item.outcome,
        "took_effect": item.effective,
        "findings": item.findings,
        "withheld_lots": item.lots,
        "review": review and {"cleared": review.cleared, "reason": review.reason, "actor": review.actor},
    }
