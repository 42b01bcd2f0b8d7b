"""Customers: register, identify, look up; the 360 and the timeline."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from services.contact.adapters.history import counts, customer_at
from services.contact.domain.customer import CUSTOMER, RegisterCustomer
from services.contact.domain.erasure import refuse_erased
from services.contact.domain.identifiers import keyed_hash
from services.contact.domain.identity import IDENTITY, ClaimIdentifier
from services.contact.views.customers import CUSTOMERS, CustomerRow
from services.contact.views.timeline import TIMELINE, TimelineRow
from shared.errors import Missing
from shared.http import Answer, At, Call, Listing, described, documented, scope
from shared.http.moments import PARAMETERS
from shared.merging import Group, group
from shared.store.contract import NOW, Moment
from shared.views.rows import Rows

router = APIRouter(prefix="/v1/customers", tags=["customers"])

_ROWS = Rows(CUSTOMERS)


class CustomerDraft(BaseModel):
    """How a customer first came."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"source": "branch", "channel": "branch-visit"}]})

    source: str = Field(pattern=r"^[a-z0-9][a-z0-9._]{0,63}$", description="The system that knows them.")
    channel: str = Field(pattern=r"^[a-z][a-z-]{0,31}$", description="The kind of channel, such as web.")


class IdentifierDraft(BaseModel):
    """Something by which a source knows a customer. Only a keyed hash of it is stored."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"type": "shop-customer", "value": "4711"}]})

    type: str = Field(pattern=r"^[a-z][a-z0-9-]{0,63}$")
    value: str = Field(min_length=1, max_length=255)


CUSTOMER_LIST = Listing(
    CUSTOMERS,
    filters=("tier", "source", "channel", "purchases", "points", "last_contact_at"),
    sorts=("-last_contact_at", "last_contact_at", "-value", "-points", "-purchases", "registered_at"),
)


_SHOWN = ("event_id", "customer_id", "occurred_at", "recorded_at", "service", "type")


def _shown_event(row: TimelineRow) -> dict[str, Any]:
    shown = {name: getattr(row, name) for name in _SHOWN}
    return {**shown, "data": msgspec.Raw(row.data.encode())}


TIMELINE_LIST = Listing(
    TIMELINE,
    filters=("service", "type", "occurred_at", "recorded_at"),
    sorts=("-occurred_at", "occurred_at"),
    shown=_shown_event,
    also=PARAMETERS,
)


@router.put("/{customer_id}", status_code=201, responses=documented(200, 409, 412))
async def register_customer(
    customer_id: UUID, draft: CustomerDraft, call: Annotated[Call, scope("contact:write")]
) -> Response:
    """Register a customer under an id that you chose, so that a retry can't register two."""
    call.must_see(customer_id)
    command = RegisterCustomer(customer_id, draft.source, draft.channel)
    body = {"customer_id": customer_id}
    return await call.handle(
        CUSTOMER,
        CUSTOMER.stream(customer_id),
        command,
        subject=str(customer_id),
        fresh=True,
        answer=lambda outcome: Answer(body, 201 if outcome.events else 200),
    )


@router.post("/{customer_id}/identifiers", status_code=201, responses=documented(404, 409))
async def claim_identifier(
    customer_id: UUID, draft: IdentifierDraft, call: Annotated[Call, scope("contact:write")]
) -> Response:
    """Say that an identifier belongs to this customer. Answers 409 where it is another's.

    One of somebody who is one with this customer stays with that one, and is answered as such.
    """
    call.must_see(customer_id)
    customer = (await call.load(CUSTOMER, CUSTOMER.stream(customer_id))).state
    refuse_erased(customer_id, customer.erasure)
    if not customer.registered:
        raise Missing("customer-unknown", f"There is no customer {customer_id}. Register it first.")
    hashed = keyed_hash(call.kit.settings.identity_secret.get_secret_value())(draft.type, draft.value)
    owner = (await call.load(IDENTITY, IDENTITY.stream(hashed))).state.customer_id
    claimant = owner if owner is not None and owner in await call.fellows(customer_id) else customer_id
    return await call.handle(
        IDENTITY,
        IDENTITY.stream(hashed),
        ClaimIdentifier(claimant, draft.type, hashed),
        subject=str(claimant),
        answer=lambda _: Answer({"customer_id": claimant, "type": draft.type}, 201),
    )


@router.post(":lookup", responses=documented(404))
async def look_up_customer(draft: IdentifierDraft, call: Annotated[Call, scope("contact:read")], at: At) -> Response:
    """Find the customer of an identifier. A POST, so that no identifier stands in an address."""
    hashed = keyed_hash(call.kit.settings.identity_secret.get_secret_value())(draft.type, draft.value)
    found = (await call.load_at(IDENTITY, IDENTITY.stream(hashed), at)).state.customer_id
    if found is None:
        raise Missing("identifier-unknown", "No customer has this identifier.")
    call.must_see(found)
    return call.answer({"customer_id": (await group(call.kit.pool, str(found), at)).root})


@router.get("", openapi_extra=described(CUSTOMER_LIST))
async def list_customers(call: Annotated[Call, scope("contact:read")]) -> Response:
    """List customers, by default those of the latest contact first."""
    return await CUSTOMER_LIST.page(call)


@router.get("/{customer_id}", responses=documented(404))
async def show_customer(customer_id: UUID, call: Annotated[Call, scope("contact:read")], at: At) -> Response:
    """Show one customer as all four services know them, or knew them at a moment; of one merged, who they are then."""
    call.must_see(customer_id)
    found = _seen(call, customer_id, await group(call.kit.pool, str(customer_id), at))
    if at.past:
        return await _show_then(customer_id, found, call, at)
    root = UUID(found.root)
    loaded = await call.load(CUSTOMER, CUSTOMER.stream(root))
    async with call.kit.pool.acquire() as connection:
        row = (await _ROWS.load(connection, [root])).get(root)
    if row is None and not loaded.state.registered:
        raise Missing("customer-unknown", f"There is no customer {customer_id}.")
    shown = _three_sixty(row or CustomerRow(root), loaded.version, _merged(found))
    return call.answer(shown, headers=_content_location(customer_id, root))


@router.get("/{customer_id}/timeline", responses=documented(404), openapi_extra=described(TIMELINE_LIST))
async def show_timeline(customer_id: UUID, call: Annotated[Call, scope("contact:read")], at: At) -> Response:
    """List every event of every service about the customer, of what counts at the moment, newest first."""
    call.must_see(customer_id)
    found = _seen(call, customer_id, await group(call.kit.pool, str(customer_id), at))
    members = [UUID(member) for member in found.members]
    if at.past and not await counts(call.kit.pool, members, at):
        raise await _unknown_then(customer_id, call)
    return await TIMELINE_LIST.page(call, TIMELINE.table.c.customer_id.in_(members), *_counting(at))


def _counting(at: Moment) -> Sequence[Any]:
    bounds = ((TIMELINE.table.c.occurred_at, at.as_of), (TIMELINE.table.c.recorded_at, at.known_at))
    return [column <= bound for column, bound in bounds if bound is not None]


async def _show_then(customer_id: UUID, found: Group, call: Call, at: Moment) -> Response:
    root = UUID(found.root)
    registered = await call.kit.store.read(CUSTOMER.stream(root), at=at)
    row = await customer_at(call.kit.pool, found, at)
    if row is None and not registered:
        raise await _unknown_then(customer_id, call)
    shown = _three_sixty(row or CustomerRow(root), len(registered), _merged(found))
    return call.answer(shown, headers=_content_location(customer_id, root))


async def _unknown_then(customer_id: UUID, call: Call) -> Missing:
    """Return the problem: nothing of the customer counts at a moment, or there is no such customer at all."""
    known = (await call.load(CUSTOMER, CUSTOMER.stream(customer_id))).state.registered
    if known or await counts(call.kit.pool, [customer_id], NOW):
        return Missing("unknown-then", "Nothing of it had happened, or was known, at the time that you ask about.")
    return Missing("customer-unknown", f"There is no customer {customer_id}.")


def _seen(call: Call, customer_id: UUID, found: Group) -> Group:
    """Return what the caller may see of a past group: to a customer, who is another today was another then."""
    if call.caller.customer is None:
        return found
    members = tuple(member for member in found.members if UUID(member) in call.caller.customers)
    return Group(found.root if found.root in members else str(customer_id), members)


def _merged(found: Group) -> list[str]:
    return [member for member in found.members if member != found.root]


def _content_location(asked: UUID, root: UUID) -> dict[str, str]:
    """Say whose answer it is, where that isn't the customer who was asked for."""
    return {} if asked == root else {"Content-Location": f"{router.prefix}/{root}"}


def _three_sixty(row: CustomerRow, version: int, merged: Sequence[str] = ()) -> dict[str, Any]:
    open_tickets = {name: ticket for name, ticket in row.tickets.items() if ticket.open}
    promises = [
        {"ticket_id": name, "promise_id": promise, "due_at": due}
        for name, ticket in open_tickets.items()
        for promise, due in ticket.promises.items()
    ]
    return {
        "customer_id": row.customer_id,
        "merged": merged,
        "version": version,
        "registered_at": row.registered_at,
        "source": row.source,
        "channel": row.channel,
        "identifiers": row.identifiers,
        "erased_at": row.erased_at,
        "purchases": {"count": row.purchases, "revenue": row.revenue, "last_at": row.last_purchase_at},
        "contacts": {"interactions": row.interactions, "last_at": row.last_contact_at},
        "points": {"balance": row.points, "earned": row.points_earned},
        "tickets": {"open": list(open_tickets), "total": len(row.tickets), "promises": promises},
        "score": {
            "tier": row.tier,
            "rfm": row.rfm,
            "value": row.value,
            "expected_purchases": row.expected_purchases,
            "probability_alive": row.probability_alive,
        },
    }
