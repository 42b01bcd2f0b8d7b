"""Members: enrol, show, list."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Response
from pydantic import BaseModel, ConfigDict, Field

from services.loyalty.api.balances import balance_shown
from services.loyalty.api.membership import answered, canonical, load_members
from services.loyalty.api.promises import must_be_published, usual_programme
from services.loyalty.domain.ledger.commands import Enrol
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.together import all_lots
from services.loyalty.views.members import MEMBERS
from shared.http import Answer, At, Call, Listing, described, documented, scope
from shared.merging import group

router = APIRouter(prefix="/v1/members", tags=["members"])

MEMBER_LIST = Listing(
    MEMBERS,
    filters=("balance", "debt", "pending", "earned", "spent", "expired", "enrolled_at", "last_movement_at"),
    sorts=("-balance", "balance", "-earned", "-spent", "enrolled_at", "-last_movement_at"),
)


class Enrolment(BaseModel):
    """What a customer chooses as they begin to collect points."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"programme": "shop"}]})

    programme: str | None = Field(
        default=None, pattern="^[a-z][a-z0-9-]{0,31}$", description="A published programme; the usual one by default."
    )


Chosen = Annotated[Enrolment | None, Body(examples=[{"programme": "shop"}])]
"""A body that may be left out: what everybody gets by default is chosen then."""


@router.put("/{customer_id}", status_code=201, responses=documented(200, 409, 412))
async def enrol_member(
    customer_id: UUID, call: Annotated[Call, scope("loyalty:write")], enrolment: Chosen = None
) -> Response:
    """Enrol a customer. The account bears the customer's id, so enrolling twice changes nothing.

    Who is enrolled without a choice may still choose a programme, until they have earned points.
    """
    call.must_see(customer_id)
    programme = (enrolment and enrolment.programme) or ""
    if programme:
        await must_be_published(call, programme)
    root = UUID((await group(call.kit.pool, str(customer_id))).root)
    return await call.handle(
        ACCOUNT,
        ACCOUNT.stream(customer_id),
        Enrol(customer_id, call.now, programme, usual_programme(call)),
        subject=str(customer_id),
        fresh=True,
        answer=lambda outcome: Answer(
            {"customer_id": root}, 201 if outcome.events else 200, canonical(call, customer_id, root)
        ),
    )


@router.get("", openapi_extra=described(MEMBER_LIST))
async def list_members(call: Annotated[Call, scope("loyalty:read")]) -> Response:
    """List members, by default those with most points first."""
    return await MEMBER_LIST.page(call)


@router.get("/{customer_id}", responses=documented(304, 404))
async def show_member(customer_id: UUID, call: Annotated[Call, scope("loyalty:read")], at: At) -> Response:
    """Show one member's account, as of any moment; of merged members, all as one."""
    members = await load_members(call, customer_id, at)
    orders = sum(bool(lot.currency) for account in members.accounts.values() for lot in account.lots.values())
    standing = {
        "programme": members.promises.programme_id or None,
        "frozen": any(account.frozen for account in members.accounts.values()),
        "closed": all(account.closed for account in members.accounts.values() if account.enrolled),
    }
    counted = {"lots": len(all_lots(members.accounts)), "orders": orders, "members": list(members.accounts)}
    return answered(call, members, {**balance_shown(call, members, at), **counted, **standing})
