"""Touchpoints by HTTP: the same meaning as by Kafka, one at a time or up to 500 with an answer for each."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Response
from msgspec import Struct

from services.contact.contracts.touchpoint import decode
from services.contact.policies.touchpoints import Received, Recorded, touchpoints
from shared.errors import Invalid, Rejected
from shared.http import Answer, Call, documented, scope
from shared.http.consistency import token_of
from shared.policies.work import WorkingSet

router = APIRouter(prefix="/v1", tags=["touchpoints"])

MOST = 500

EXAMPLE = {
    "kind": "purchase",
    "source": "shop",
    "id": "order-1001",
    "channel": "web",
    "occurred_at": "2026-01-05T09:30:00Z",
    "identifiers": [{"type": "shop-customer", "value": "4711"}],
    "purchase": {"amount": "49.90", "currency": "EUR", "items": 2},
}


class ItemAnswer(Struct, frozen=True):
    """What became of one item of a batch: recorded (perhaps known before), or why not."""

    status: int
    customer_id: str | None = None
    stream: str | None = None
    known: bool | None = None
    code: str | None = None
    detail: str | None = None
    errors: list[dict[str, str]] = []


def _body(schema: dict[str, Any], example: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": schema, "example": example}}
    return {"requestBody": {"required": True, "content": content}}


@router.post(
    "/touchpoints",
    status_code=201,
    responses=documented(200, 404, 409),
    openapi_extra=_body({"type": "object"}, EXAMPLE),
)
async def record_touchpoint(call: Annotated[Call, scope("contact:write")]) -> Response:
    """Record one fact about a customer, who is registered on the spot if need be.

    Sending the same touchpoint again answers 200 and changes nothing.
    """
    received = _received(call, call.request.scope["rapport.body"])

    def decide(work: WorkingSet) -> Answer:
        recorded = touchpoints(call.kit.settings).record(work, received)
        headers = {"Consistency-Token": token_of(recorded.stream, recorded.version)}
        return Answer(recorded, 200 if recorded.known else 201, headers)

    return await call.work(received.streams, decide, personal=received.streams if received.personal else ())


@router.post(
    "/touchpoints:batch", responses=documented(409), openapi_extra=_body({"type": "array", "maxItems": MOST}, [EXAMPLE])
)
async def record_touchpoints(call: Annotated[Call, scope("contact:write")]) -> Response:
    """Record up to 500 touchpoints; each item has its own answer, and those that can be recorded are."""
    items = _items(call.request.scope["rapport.body"])
    read = [_read(call, item) for item in items]
    good = [item for item in read if isinstance(item, Received)]

    def decide(work: WorkingSet) -> Answer:
        return Answer([_record(call, work, item) for item in read], 200)

    streams = [stream for item in good for stream in item.streams]
    personal = [stream for item in good if item.personal for stream in item.streams]
    return await call.work(streams, decide, personal=personal)


def _items(body: bytes) -> list[msgspec.Raw]:
    try:
        items = msgspec.json.decode(body, type=list[msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise Invalid([("body", "must be a JSON array of touchpoints")]) from None
    if len(items) > MOST:
        raise Invalid([("body", f"may hold {MOST} touchpoints: send the others in another request")])
    return items


def _received(call: Call, data: bytes) -> Received:
    traceparent = call.request.headers.get("traceparent")
    return touchpoints(call.kit.settings).received(decode(data), actor=call.caller.subject, traceparent=traceparent)


def _read(call: Call, item: msgspec.Raw) -> Received | Invalid:
    try:
        return _received(call, bytes(item))
    except Invalid as error:
        return error


def _record(call: Call, work: WorkingSet, item: Received | Invalid) -> ItemAnswer:
    try:
        if isinstance(item, Invalid):
            raise item
        with work.whole():
            recorded: Recorded = touchpoints(call.kit.settings).record(work, item)
    except Invalid as error:
        faults = [{"field": field, "message": message} for field, message in error.problems]
        return ItemAnswer(422, code="invalid", detail="Mend the fields named.", errors=faults)
    except Rejected as error:
        return ItemAnswer(error.status, code=error.code, detail=error.detail)
    status = 200 if recorded.known else 201
    return ItemAnswer(status, str(recorded.customer_id), recorded.stream, recorded.known)
