"""Routes to one ticket: open it, read it, read its history."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from services.tickets.api.answers import History, TicketAnswer, history, ticket_answer
from services.tickets.api.drafts import ComplaintDraft
from services.tickets.domain.commands import OpenComplaint
from services.tickets.domain.levels import CURRENT
from services.tickets.domain.ticket import Ticket
from services.tickets.domain.ticketing import TICKET
from shared.errors import Invalid, Missing
from shared.handle import Loaded
from shared.http import Answer, At, Call, documented, scope
from shared.store.contract import NOW, Moment

Reading = Annotated[Call, scope("tickets:read")]
Writing = Annotated[Call, scope("tickets:write")]

router = APIRouter(prefix="/v1/tickets", tags=["tickets"])


@router.post("", status_code=201, response_model=TicketAnswer)
async def open_ticket(draft: ComplaintDraft, call: Writing) -> Response:
    """Open a ticket for a complaint, with an acknowledgement due and an answer promised."""
    return await _open(call, call.new_id(), draft)


@router.put("/{ticket_id}", status_code=201, response_model=TicketAnswer, responses=documented(200, 409, 412))
async def put_ticket(ticket_id: UUID, draft: ComplaintDraft, call: Writing) -> Response:
    """Open a ticket under an id that the client chose, so that a retry can't open two: it answers 200."""
    return await _open(call, ticket_id, draft)


@router.get("/{ticket_id}", response_model=TicketAnswer, responses=documented(304, 404))
async def read_ticket(ticket_id: UUID, call: Reading, at: At) -> Response:
    """Read a ticket as it is now, or was at a moment, with what is due on it. The ETag is its version."""
    loaded, ticket = await visible(call, ticket_id, at)
    return call.answer(ticket_answer(ticket, at.now), version=loaded.version)


@router.get("/{ticket_id}/history", response_model=History, responses=documented(404))
async def read_history(ticket_id: UUID, call: Reading, at: At) -> Response:
    """Read the names and times of everything that happened to a ticket, of what counts at the moment."""
    await visible(call, ticket_id, at)
    return call.answer(history(await call.kit.store.read(TICKET.stream(ticket_id), at=at)))


async def visible(call: Call, ticket_id: UUID, at: Moment = NOW) -> tuple[Loaded[Ticket | None], Ticket]:
    """Return the ticket, with its version. Raises Missing where there is none that the caller may see.

    Who may see it is asked of the present: the past tells nobody more.
    """
    stream = TICKET.stream(ticket_id)
    loaded = await call.load(TICKET, stream)
    ticket = existing(loaded.state)
    call.must_see(ticket.complaint.customer_id)
    if not at.past:
        return loaded, ticket
    then = await call.load_at(TICKET, stream, at)
    if then.state is None:
        raise Missing("unknown-then", "The complaint had not come, or was not known, at the time that you ask about.")
    return then, then.state


def existing(ticket: Ticket | None) -> Ticket:
    """Return the ticket; Missing where it isn't one yet."""
    if ticket is None:
        raise Missing("ticket-unknown", "There is no such ticket.")
    return ticket


async def _open(call: Call, ticket_id: UUID, draft: ComplaintDraft) -> Response:
    call.must_see(draft.customer_id)
    command = _command(call, ticket_id, draft)
    return await call.handle(
        TICKET,
        TICKET.stream(ticket_id),
        command,
        subject=str(draft.customer_id),
        answer=lambda outcome: Answer(
            ticket_answer(existing(outcome.state), call.now),
            201 if outcome.events else 200,
            {"Location": f"/v1/tickets/{ticket_id}"},
        ),
        fresh=True,
        occurred_at=command.received_at,
    )


def _command(call: Call, ticket_id: UUID, draft: ComplaintDraft) -> OpenComplaint:
    received_at = draft.received_at or call.now
    if received_at > call.now:
        raise Invalid([("received_at", "lies in the future: send when the customer complained")])
    return OpenComplaint(
        ticket_id,
        draft.customer_id,
        draft.category,
        draft.summary,
        draft.severity,
        draft.channel,
        received_at,
        CURRENT,
        draft.touchpoint,
        draft.invented,
    )
