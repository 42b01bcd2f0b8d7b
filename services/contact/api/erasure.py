"""Erasure: ask for a customer to be forgotten, and see how far it has come."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response

from services.contact.adapters.erasures import ErasureRow, Erasures
from services.contact.domain.customer import CUSTOMER
from services.contact.domain.erasure import RequestErasure
from shared.errors import Missing, Rejected
from shared.http import Answer, Call, documented, scope
from shared.merging import group
from shared.policies.work import WorkingSet

router = APIRouter(prefix="/v1/customers/{customer_id}/erasure", tags=["erasure"])


@router.post("", status_code=202, responses=documented(404, 409))
async def erase_customer(customer_id: UUID, call: Annotated[Call, scope("contact:erase")]) -> Response:
    """Erase a customer, and all who were found to be the same person, for ever. Export first what is to be kept.

    Answers where to see how far it has come. Nothing can bring the data back.
    """
    call.must_see(customer_id)
    members = [UUID(member) for member in (await group(call.kit.pool, str(customer_id))).members]
    if call.caller.customer is not None and len(members) > 1:
        raise Rejected("customer-merged", "You were found to be the same as someone else: ask us, and we look first.")
    streams = [CUSTOMER.stream(member) for member in members]
    if (await call.load(CUSTOMER, CUSTOMER.stream(customer_id))).state.registered:
        await Erasures(call.kit.pool).note(customer_id, members, call.now)

    def decide(work: WorkingSet) -> Answer:
        for member, stream in zip(members, streams, strict=True):
            work.handle(CUSTOMER, stream, RequestErasure(member), subject=str(member), context=call.context())
        where = f"/v1/customers/{customer_id}/erasure"
        return Answer({"customer_id": customer_id, "members": members, "see": where}, 202, {"Location": where})

    return await call.work(streams, decide)


@router.get("", responses=documented(404))
async def show_erasure(customer_id: UUID, call: Annotated[Call, scope("contact:read")]) -> Response:
    """Show how far the erasure of a customer has come."""
    call.must_see(customer_id)
    row = await Erasures(call.kit.pool).find(customer_id)
    if row is None:
        raise Missing("erasure-unknown", f"Nobody asked for customer {customer_id} to be erased.")
    return call.answer(_shown(row))


def _shown(row: ErasureRow) -> dict[str, Any]:
    return {
        "members": row.members,
        "requested_at": row.requested_at,
        "step": row.step,
        "waits_for": row.trouble,
        "finished_at": row.finished_at,
    }
