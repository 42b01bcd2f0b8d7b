"""A member's tier: which, since when and why, and what lies ahead; and the list of members by tier."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response

from services.loyalty.api.membership import answered, load_members
from services.loyalty.api.tier_record import load_standing
from services.loyalty.domain.tiers.history import Move, history
from services.loyalty.domain.tiers.projection import Goal, projection
from services.loyalty.domain.tiers.table import Benefits, Tier
from services.loyalty.domain.tiers.versions import Tables, index_at
from services.loyalty.views.tiers import TIERS
from shared.http import At, Call, Listing, described, documented, scope
from shared.http.moments import Asked

router = APIRouter(prefix="/v1", tags=["tiers"])

TIER_LIST = Listing(
    TIERS,
    filters=("tier", "rank", "programme", "reason", "service_level", "since", "next_at"),
    sorts=("-since", "since", "-rank", "next_at"),
)


@router.get("/tiers", openapi_extra=described(TIER_LIST))
async def list_tiers(call: Annotated[Call, scope("loyalty:read")]) -> Response:
    """List the members whose tier ever changed, by default those first whose tier changed last."""
    return await TIER_LIST.page(call)


@router.get("/members/{customer_id}/tier", responses=documented(304, 404))
async def show_tier(customer_id: UUID, call: Annotated[Call, scope("loyalty:read")], at: At) -> Response:
    """Show the tier as of any moment, every move that led to it, and what follows if nothing more happens."""
    members = await load_members(call, customer_id, at)
    standing = await load_standing(call, members, at)
    moves = history(standing.record, standing.tables, at.now)
    ahead = projection(standing.record, standing.tables, at.now)
    body = {
        "programme": standing.programme,
        "tier": ahead.tier,
        "since": moves[-1].at if moves else None,
        "benefits": benefits_body(tier_of(standing.tables, at, ahead.tier).benefits),
        "next": goal_body(ahead.next),
        "keep": goal_body(ahead.keep),
        "reviewed_at": ahead.reviewed_at,
        "after_review": ahead.after_review,
        "loss": ahead.loss and move_body(ahead.loss),
        "history": [move_body(move) for move in moves],
    }
    return answered(call, members, body)


def tier_of(tables: Tables, at: Asked, name: str) -> Tier:
    """Return the tier of this name in the table in force."""
    table = tables[index_at(tables, at.now)].table
    return table.tiers[table.rank(name) or 0]


def benefits_body(benefits: Benefits) -> dict[str, Any]:
    """Return what a tier gives."""
    return {
        "multiplier": benefits.multiplier,
        "reward_price": benefits.reward_price,
        "service_level": benefits.service_level,
    }


def goal_body(goal: Goal | None) -> dict[str, Any] | None:
    """Return what is missing for a tier, and until before when."""
    return None if goal is None else {"tier": goal.tier, "points": goal.points, "events": goal.events, "by": goal.by}


def move_body(move: Move) -> dict[str, Any]:
    """Return a move with its reason, and the time during which points counted that decided it."""
    return {
        "at": move.at,
        "from": move.before,
        "to": move.after,
        "reason": move.reason,
        "counted_since": move.span and move.span.since,
        "counted_until": move.span and move.span.until,
    }
