"""An account's standing: freeze it, unfreeze it, close it for good; exempt its member from expiry."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from services.loyalty.api.movements import Reason
from services.loyalty.api.moving import move
from services.loyalty.api.staff import must_be_staff
from services.loyalty.domain.abuse.watch import WATCH
from services.loyalty.domain.ledger.commands import Close, Freeze, ResumeExpiry, SuspendExpiry, Unfreeze
from services.loyalty.domain.programme.terms import EARLIEST
from shared.errors import Invalid, Rejected
from shared.http import Call, documented, scope
from shared.http.written import Moment
from shared.merging import group

router = APIRouter(prefix="/v1/members/{customer_id}", tags=["standing"])


class Why(BaseModel):
    """The reason for it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "card reported stolen"}]})

    reason: Reason


class Exemption(Why):
    """From when nothing of the member's lapses."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "gold member"}]})

    since: Moment | None = Field(default=None, description="Now by default; an earlier time gives back what lapsed.")


@router.post("/freeze", status_code=201, responses=documented(200, 404, 409, 412))
async def freeze_account(customer_id: UUID, why: Why, call: Annotated[Call, scope("loyalty:write")]) -> Response:
    """Let nothing leave the account until it is unfrozen; it goes on earning, and time goes on."""
    return await move(call, customer_id, Freeze(customer_id, why.reason, must_be_staff(call), call.now))


@router.post("/unfreeze", status_code=201, responses=documented(200, 404, 409, 412))
async def unfreeze_account(customer_id: UUID, why: Why, call: Annotated[Call, scope("loyalty:write")]) -> Response:
    """Let points leave the account again. Answers 409 while the member is blocked: lift the block instead."""
    actor = must_be_staff(call)
    for member in (await group(call.kit.pool, str(customer_id))).members:
        if (await call.load(WATCH, WATCH.stream(member))).state.blocked:
            raise Rejected("member-blocked", "The member is blocked: lift the block, and the account thaws.")
    return await move(call, customer_id, Unfreeze(customer_id, why.reason, actor, call.now))


@router.post("/close", status_code=201, responses=documented(200, 404, 409, 412))
async def close_account(customer_id: UUID, why: Why, call: Annotated[Call, scope("loyalty:write")]) -> Response:
    """Close the account for good: all points lapse, what is owed is waived, and later orders earn nothing.

    Answers 409 while points are held: capture or release them first.
    """
    return await move(call, customer_id, Close(customer_id, why.reason, must_be_staff(call), call.now))


@router.post("/expiry-exemption", status_code=201, responses=documented(200, 404, 409, 412))
async def exempt_member(
    customer_id: UUID, exemption: Exemption, call: Annotated[Call, scope("loyalty:write")]
) -> Response:
    """Let nothing of the member's lapse from now on, or from an earlier time, until the exemption is ended."""
    must_be_staff(call)
    since = exemption.since or call.now
    if not EARLIEST <= since <= call.now:
        raise Invalid([("since", "must be a time between 1970 and now")])
    return await move(call, customer_id, SuspendExpiry(customer_id, since, exemption.reason, call.now))


@router.post("/expiry-exemption/end", status_code=201, responses=documented(200, 404, 409, 412))
async def end_exemption(customer_id: UUID, call: Annotated[Call, scope("loyalty:write")]) -> Response:
    """End the exemption: what would have lapsed meanwhile lapses now."""
    must_be_staff(call)
    return await move(call, customer_id, ResumeExpiry(customer_id, call.now, call.now))
