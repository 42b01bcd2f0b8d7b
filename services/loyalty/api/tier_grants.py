"""Tiers that are granted by hand: with a reason, the actor and an end."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from services.loyalty.api.membership import answered, load_members, not_a_member
from services.loyalty.api.movements import Name, Reason
from services.loyalty.api.promises import judging_of
from services.loyalty.api.staff import must_be_staff
from services.loyalty.api.tier_record import load_standing
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.tiers.commands import Basis, Command, EndTierGrant, GrantTier
from services.loyalty.domain.tiers.decider import ENROLMENT, basis_of
from services.loyalty.domain.tiers.record import Grant
from shared.errors import Invalid
from shared.http import Answer, At, Call, documented, scope
from shared.http.consistency import token_of
from shared.http.moments import Asked
from shared.http.written import Moment
from shared.policies.work import WorkingSet

router = APIRouter(prefix="/v1/members/{customer_id}/tier-grants", tags=["tiers"])


class TierGrant(BaseModel):
    """A tier to be granted until before a moment."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"grant_id": "g-1", "tier": "gold", "until": "2027-01-01T00:00:00Z", "reason": "matches another's"}
            ]
        }
    )

    grant_id: Name
    tier: str = Field(min_length=1, max_length=64)
    since: Moment | None = Field(default=None, description="Now by default; it may lie in the past or in the future.")
    until: Moment = Field(description="From this moment on the grant doesn't count any more.")
    reason: Reason


class GrantEnd(BaseModel):
    """Why a grant ends before its time."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "a mistake"}]})

    reason: Reason


@router.post("", status_code=201, responses=documented(200, 404, 409))
async def grant_tier(customer_id: UUID, grant: TierGrant, call: Annotated[Call, scope("loyalty:write")]) -> Response:
    """Grant a tier: the member has it, or a better one that they earned, as long as it lasts."""
    since = grant.since or call.now
    if grant.until <= since:
        raise Invalid([("until", "must be after since")])
    asked = (grant.grant_id, grant.tier, since, grant.until, grant.reason, call.caller.subject)
    return await _decide(call, customer_id, since, lambda basis: GrantTier(customer_id, *asked, basis, call.now))


@router.post("/{grant_id}/end", status_code=201, responses=documented(200, 404, 409))
async def end_grant(
    customer_id: UUID, grant_id: str, end: GrantEnd, call: Annotated[Call, scope("loyalty:write")]
) -> Response:
    """Let a grant end now. One that is over stays as it was."""
    asked = (grant_id, end.reason, call.caller.subject)
    return await _decide(call, customer_id, call.now, lambda basis: EndTierGrant(customer_id, *asked, basis, call.now))


@router.get("", responses=documented(304, 404))
async def list_grants(customer_id: UUID, call: Annotated[Call, scope("loyalty:read")], at: At) -> Response:
    """List the grants in the order in which they begin, as of any moment."""
    members = await load_members(call, customer_id, at)
    standing = await load_standing(call, members, at)
    grants = sorted(standing.record.grants, key=lambda grant: (grant.since, grant.grant_id))
    return answered(call, members, {"grants": [grant_body(grant, at) for grant in grants]})


def grant_body(grant: Grant, at: Asked) -> dict[str, Any]:
    """Return a grant, and whether it counts at the moment."""
    return {
        "grant_id": grant.grant_id,
        "tier": grant.tier,
        "since": grant.since,
        "until": grant.until,
        "counts": grant.since <= at.now < grant.until,
        "reason": grant.reason,
        "actor": grant.actor,
    }


async def _decide(call: Call, customer_id: UUID, since: datetime, command: Callable[[Basis], Command]) -> Response:
    """Decide on the enrolment with the account and the programme as they are, which must still be so at the append.

    What was earned with another tier `since` then is judged again.
    """
    must_be_staff(call)
    judging = judging_of(call)
    enrolment, account = ENROLMENT.stream(customer_id), ACCOUNT.stream(customer_id)

    def decide(work: WorkingSet) -> Answer:
        member = work.state(ACCOUNT, account)
        if not member.enrolled:
            raise not_a_member(customer_id)
        promises = judging.promises(work, str(customer_id))
        context = call.context()
        asked = command(basis_of(promises.programme_id, promises.programme, member))
        events = work.handle(ENROLMENT, enrolment, asked, subject=str(customer_id), context=context)
        if events:
            judging.again(work, since, str(customer_id), context)
            work.guard(account, context)
        headers = {"Consistency-Token": token_of(enrolment, work.version(enrolment))} if events else {}
        return Answer({"events": events}, 201 if events else 200, headers)

    return await call.work(judging.streams(str(customer_id)), decide, personal=(account,))
