"""Merges: say that two customers are one, see why, and take it back."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from msgspec import Struct, structs
from pydantic import BaseModel, ConfigDict, Field

from services.contact.domain.customer import CUSTOMER
from services.contact.domain.merging import CustomersMerged, Evidence, MergeUndone, Reason, UndoReason
from services.contact.policies import merges
from shared.errors import Conflict, Missing
from shared.http import Answer, At, Call, documented, scope
from shared.http.consistency import token_of
from shared.merging import group
from shared.policies.work import WorkingSet
from shared.store.contract import Recorded

router = APIRouter(prefix="/v1/customers/{customer_id}/merges", tags=["merges"])

Merging = Annotated[Call, scope("contact:merge")]


class EvidenceDraft(BaseModel):
    """One thing that says that the two are one."""

    kind: Evidence
    event: str | None = Field(
        None, pattern=r"^[a-z][!-~]{0,400}@[0-9]{1,9}$", description="An event that shows it, as a timeline names it."
    )


class MergeDraft(BaseModel):
    """Whom the customer turned out to be, and what says so."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "into": "0198c0de-7a11-7c3e-8f00-00000000000b",
                    "evidence": [{"kind": "same-payment", "event": "purchase-shop-order-1001@1"}],
                }
            ]
        }
    )

    into: UUID
    evidence: list[EvidenceDraft] = Field(min_length=1, max_length=20)


class UndoDraft(BaseModel):
    """Why the merge is taken back."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "different-people"}]})

    reason: UndoReason


class Undone(Struct, frozen=True):
    """When and why a merge was taken back."""

    reason: UndoReason
    decided_by: str
    undone_at: datetime


class MergeAnswer(Struct, frozen=True):
    """One merge: who into whom, why, who decided, and whether it still holds."""

    merge_id: UUID
    customer_id: UUID
    into: UUID
    evidence: tuple[Reason, ...]
    decided_by: str
    merged_at: datetime
    undone: Undone | None = None


@router.post("", status_code=201, responses=documented(404, 409, 412))
async def merge_customers(customer_id: UUID, draft: MergeDraft, call: Merging) -> Response:
    """Say that this customer is another one. Every list and figure then shows the two as one; it can be undone."""
    call.must_see(customer_id)
    call.must_see(draft.into)
    merge_id, evidence = call.new_id(), tuple(Reason(item.kind, item.event) for item in draft.evidence)

    def decide(work: WorkingSet) -> Answer:
        _must_match(call, work, customer_id)
        merged = merges.merge(work, merge_id, customer_id, draft.into, evidence, call.context())
        return _answer(work, customer_id, _merge(merged, call.now), 201)

    return await call.work(_streams(customer_id, draft.into), decide)


@router.get("", responses=documented(404))
async def list_merges(customer_id: UUID, call: Annotated[Call, scope("contact:read")], at: At) -> Response:
    """List the merges of this customer and of all who are one with them, with what said so, also those undone."""
    call.must_see(customer_id)
    found = await group(call.kit.pool, str(customer_id), at)
    told: dict[UUID, MergeAnswer] = {}
    for member in dict.fromkeys((str(customer_id), *found.members)):
        for recorded in await call.kit.store.read(CUSTOMER.stream(member), at=at):
            _tell(told, recorded)
    if not told and not (await call.load_at(CUSTOMER, CUSTOMER.stream(customer_id), at)).state.registered:
        raise Missing("customer-unknown", f"There is no customer {customer_id}.")
    return call.answer({"customer_id": found.root, "members": found.members, "merges": list(told.values())})


@router.post("/{merge_id}/undo", responses=documented(404, 409, 412))
async def undo_merge(customer_id: UUID, merge_id: UUID, draft: UndoDraft, call: Merging) -> Response:
    """Take a merge back. Both customers are then as if it had never been, with all that happened to each meanwhile."""
    call.must_see(customer_id)

    def decide(work: WorkingSet) -> Answer:
        _must_match(call, work, customer_id)
        undone = merges.undo(work, merge_id, customer_id, draft.reason, call.context())
        return _answer(work, customer_id, {**structs.asdict(undone), "undone_at": call.now}, 200)

    return await call.work(_streams(customer_id), decide)


def _streams(*customers: UUID) -> list[str]:
    return [CUSTOMER.stream(customer) for customer in customers]


def _must_match(call: Call, work: WorkingSet, customer_id: UUID) -> None:
    stream = CUSTOMER.stream(customer_id)
    if call.expected not in (None, work.version(stream)):
        raise Conflict([stream])


def _answer(work: WorkingSet, customer_id: UUID, body: Any, status: int) -> Answer:
    stream = CUSTOMER.stream(customer_id)
    version = work.version(stream)
    return Answer(body, status, {"ETag": f'"{version}"', "Consistency-Token": token_of(stream, version)})


def _merge(event: CustomersMerged, merged_at: datetime) -> MergeAnswer:
    return MergeAnswer(event.merge_id, event.customer_id, event.into, event.evidence, event.decided_by, merged_at)


def _tell(told: dict[UUID, MergeAnswer], recorded: Recorded) -> None:
    match recorded.event:
        case CustomersMerged() as event:
            told[event.merge_id] = _merge(event, recorded.occurred_at)
        case MergeUndone() as event if event.merge_id in told:
            undone = Undone(event.reason, event.decided_by, recorded.occurred_at)
            told[event.merge_id] = structs.replace(told[event.merge_id], undone=undone)
