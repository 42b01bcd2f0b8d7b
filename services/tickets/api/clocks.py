"""Routes that explain a ticket's deadlines, as they stand or as they stood."""

from uuid import UUID

from fastapi import APIRouter, Response

from services.tickets.api.explained import ClocksAnswer, WhyAnswer, clocks_answer, why_answer
from services.tickets.api.tickets import Reading, existing
from services.tickets.domain.ticketing import TICKET
from shared.http import At, documented

router = APIRouter(prefix="/v1/tickets/{ticket_id}", tags=["clocks"])


@router.get("/clocks", response_model=ClocksAnswer, responses=documented(404))
async def read_clocks(ticket_id: UUID, call: Reading, at: At) -> Response:
    """Read every deadline of a ticket: what it counts from, when it warns, what became of it."""
    ticket = existing((await call.load_at(TICKET, TICKET.stream(ticket_id), at)).state)
    call.must_see(ticket.complaint.customer_id)
    return call.answer(clocks_answer(ticket, at.now))


@router.get("/why/{name}", response_model=WhyAnswer, responses=documented(404))
async def read_why(ticket_id: UUID, name: str, call: Reading, at: At) -> Response:
    """Read why a deadline was kept or missed: its events, the service levels, the arithmetic."""
    stream = TICKET.stream(ticket_id)
    ticket = existing((await call.load_at(TICKET, stream, at)).state)
    call.must_see(ticket.complaint.customer_id)
    return call.answer(why_answer(ticket, name, await call.kit.store.read(stream, at=at), at.now))
