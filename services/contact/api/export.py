"""Export: everything about a person as one archive, on their own or anyone's lawful request."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response

from services.contact.adapters.archive import Exporting
from services.contact.domain.customer import CUSTOMER
from services.contact.domain.erasure import refuse_erased
from shared.errors import Missing
from shared.http import Call, documented, scope
from shared.merging import Group, group

router = APIRouter(prefix="/v1/customers/{customer_id}/export", tags=["export"])

_ARCHIVE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/zip": {}}, "description": "A zip file: customer.json and customer.html."}
}


@router.get("", responses={**documented(404, 409), **_ARCHIVE}, response_class=Response)
async def export_customer(customer_id: UUID, call: Annotated[Call, scope("contact:read")]) -> Response:
    """Return everything that all four services know about the person, readable by people and by programs."""
    call.must_see(customer_id)
    found = await _group(call, customer_id)
    await _must_be_whole(call, customer_id)
    archive = await Exporting(call.kit.pool, call.kit.store.vault).archive(customer_id, found, call.now)
    await _must_be_whole(call, customer_id)  # an erasure that began meanwhile would leave it in parts
    name = f'attachment; filename="customer-{customer_id}.zip"'
    return Response(archive, 200, {"Content-Disposition": name}, "application/zip")


async def _group(call: Call, customer_id: UUID) -> Group:
    """Return all who are the same person; with a customer's own token that customer alone, whoever they merged with."""
    if call.caller.customer is not None:
        return Group(str(customer_id), (str(customer_id),))
    return await group(call.kit.pool, str(customer_id))


async def _must_be_whole(call: Call, customer_id: UUID) -> None:
    customer = (await call.load(CUSTOMER, CUSTOMER.stream(customer_id))).state
    refuse_erased(customer_id, customer.erasure)
    if not customer.registered:
        raise Missing("customer-unknown", f"There is no customer {customer_id}.")
