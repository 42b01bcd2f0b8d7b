"""Bodies of commands: refused by the gate, refused by the route's model, or a command whose event can be stored."""

import json
from decimal import Decimal

import msgspec
from pydantic import BaseModel, ValidationError

from services.contact.api.customers import CustomerDraft, IdentifierDraft
from services.contact.api.merges import MergeDraft, UndoDraft
from services.loyalty.api.movements import Earning, Refund, Spending
from services.scoring.api.runs import RunDraft
from services.tickets.api.drafts import ComplaintDraft, PromiseDraft, ReopeningDraft, ResolutionDraft
from services.tickets.api.redress import taken_in
from shared.http.gate import BODY_BYTES, Refused, _check

_CONTACT: tuple[type[BaseModel], ...] = (CustomerDraft, IdentifierDraft, MergeDraft, UndoDraft)
_TICKETS: tuple[type[BaseModel], ...] = (ComplaintDraft, PromiseDraft, ReopeningDraft, ResolutionDraft)
MODELS: tuple[type[BaseModel], ...] = (*_CONTACT, *_TICKETS, Earning, Refund, Spending, RunDraft)
_JSON = {b"content-type": b"application/json"}


def one(data: bytes) -> None:
    """Send `data` to every route with a body."""
    if len(data) > BODY_BYTES or not data:
        return
    try:
        _check({"path": "/v1/things"}, _JSON, data)
    except Refused:
        return
    try:
        body = json.loads(data)
    except ValueError:
        return  # FastAPI answers 400
    for model in MODELS:
        try:
            draft = model.model_validate(body)
        except ValidationError as error:
            msgspec.json.encode([(item["loc"], item["msg"]) for item in error.errors()])
            continue
        if isinstance(draft, ResolutionDraft):
            taken_in(draft.redress)
        assert b"\\u0000" not in _stored(draft), "PostgreSQL keeps no NUL"


def _stored(draft: BaseModel) -> bytes:
    fields = draft.model_dump()
    for value in fields.values():
        assert not isinstance(value, Decimal) or value.is_finite()
    return msgspec.json.Encoder(decimal_format="string").encode(fields)
