"""Routes that work on a ticket: acknowledge, promise, resolve, reopen, close.

The ones that depend on what the caller has read ask for If-Match; all honour it.
"""

from uuid import UUID

from fastapi import APIRouter, Response

from services.tickets.api.answers import TicketAnswer, ticket_answer
from services.tickets.api.drafts import PromiseDraft, ReopeningDraft, ResolutionDraft
from services.tickets.api.redress import taken_in
from services.tickets.api.tickets import Writing, existing, visible
from services.tickets.domain.commands import Acknowledge, Close, Command, KeepPromise, MakePromise, Reopen, Resolve
from services.tickets.domain.levels import CURRENT
from services.tickets.domain.ticketing import TICKET
from shared.http import Answer, Call, documented

PROBLEMS = documented(404, 409, 412)
MATCHED = documented(404, 409, 412, 428)

router = APIRouter(prefix="/v1/tickets/{ticket_id}", tags=["work"])


@router.post("/acknowledgement", response_model=TicketAnswer, responses=PROBLEMS)
async def acknowledge(ticket_id: UUID, call: Writing) -> Response:
    """Record that the customer was told that the complaint is being looked at."""
    return await _change(call, ticket_id, Acknowledge(call.now))


@router.post("/promises", status_code=201, response_model=TicketAnswer, responses=PROBLEMS)
async def make_promise(ticket_id: UUID, draft: PromiseDraft, call: Writing) -> Response:
    """Promise the customer something until a time."""
    promise_id = draft.promise_id or str(call.new_id())
    command = MakePromise(promise_id, draft.content, draft.due_at, call.now, CURRENT)
    return await _change(call, ticket_id, command, 201)


@router.post("/promises/{promise_id}/fulfilment", response_model=TicketAnswer, responses=PROBLEMS)
async def keep_promise(ticket_id: UUID, promise_id: str, call: Writing) -> Response:
    """Record that what was promised was done."""
    return await _change(call, ticket_id, KeepPromise(promise_id, call.now))


@router.post("/resolution", response_model=TicketAnswer, responses=MATCHED)
async def resolve(ticket_id: UUID, draft: ResolutionDraft, call: Writing) -> Response:
    """Give the customer the decision; this keeps the promise of an answer. Needs If-Match."""
    call.must_match()
    command = Resolve(draft.decision, taken_in(draft.redress), draft.explanation, call.now, CURRENT)
    return await _change(call, ticket_id, command)


@router.post("/reopening", response_model=TicketAnswer, responses=MATCHED)
async def reopen(ticket_id: UUID, draft: ReopeningDraft, call: Writing) -> Response:
    """Take a resolved complaint up again, and promise another answer. Needs If-Match."""
    call.must_match()
    return await _change(call, ticket_id, Reopen(draft.reason, call.now, CURRENT))


@router.post("/closing", response_model=TicketAnswer, responses=MATCHED)
async def close(ticket_id: UUID, call: Writing) -> Response:
    """End a resolved ticket for good. Needs If-Match."""
    call.must_match()
    return await _change(call, ticket_id, Close(call.now))


async def _change(call: Call, ticket_id: UUID, command: Command, status: int = 200) -> Response:
    _, ticket = await visible(call, ticket_id)
    return await call.handle(
        TICKET,
        TICKET.stream(ticket_id),
        command,
        subject=str(ticket.complaint.customer_id),
        answer=lambda outcome: Answer(ticket_answer(existing(outcome.state), call.now), status),
    )
