"""Members: enrol, show, list."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response

from services.loyalty.domain.account import Account
from services.loyalty.domain.commands import Enrol
from services.loyalty.domain.ledger import ACCOUNT
from services.loyalty.views.members import MEMBERS
from shared.errors import Missing
from shared.handle import Loaded
from shared.http import Answer, Call, Listing, documented, scope

router = APIRouter(prefix="/v1/members", tags=["members"])

MEMBER_LIST = Listing(
    MEMBERS,
    filters=("balance", "debt", "earned", "spent", "enrolled_at", "last_movement_at"),
    sorts=("-balance", "balance", "-earned", "-spent", "enrolled_at", "-last_movement_at"),
)


async def load_member(call: Call, customer_id: UUID) -> Loaded[Account]:
    """Return the member's account as it is now; Missing where there is none, or it is another's."""
    call.must_see(customer_id)
    loaded = await call.load(ACCOUNT, ACCOUNT.stream(customer_id))
    if not loaded.state.enrolled:
        raise Missing("member-unknown", f"Customer {customer_id} is no member. Enrol them with PUT first.")
    return loaded


def balance_of(account: Account) -> dict[str, Any]:
    """Return what can be spent and what is owed."""
    return {"currency": "points", "balance": account.balance, "debt": account.debt}


@router.put("/{customer_id}", status_code=201, responses=documented(422))
async def enrol_member(customer_id: UUID, call: Annotated[Call, scope("loyalty:write")]) -> Response:
    """Enrol a customer. The account bears the customer's id, so enrolling twice changes nothing."""
    call.must_see(customer_id)
    return await call.handle(
        ACCOUNT,
        ACCOUNT.stream(customer_id),
        Enrol(customer_id),
        subject=str(customer_id),
        fresh=True,
        answer=lambda outcome: Answer({"customer_id": customer_id}, 201 if outcome.events else 200),
    )


@router.get("", responses=documented(422))
async def list_members(call: Annotated[Call, scope("loyalty:read")]) -> Response:
    """List members, by default those with most points first."""
    return await MEMBER_LIST.page(call)


@router.get("/{customer_id}", responses=documented(404))
async def show_member(customer_id: UUID, call: Annotated[Call, scope("loyalty:read")]) -> Response:
    """Show one member's account."""
    loaded = await load_member(call, customer_id)
    lots = [lot for lot in loaded.state.lots.values() if lot.points]
    body = {"customer_id": customer_id, **balance_of(loaded.state), "lots": len(lots), "orders": len(loaded.state.lots)}
    return call.answer(body, version=loaded.version)
