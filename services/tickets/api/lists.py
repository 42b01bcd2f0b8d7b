"""Routes across tickets: all of them, and the queue of those on which something is due."""

from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Response

from services.tickets.api.answers import QueuePage, queue_entry
from services.tickets.api.tickets import Reading
from services.tickets.views.queue import QUEUE, QueueRow
from shared.http import Call, Listing, described

FILTERS = (
    *("status", "severity", "category", "channel", "customer_id", "next_due", "invented"),
    *("received_at", "next_due_at", "acknowledged", "acknowledgement_breached", "promises_broken", "next_warned"),
)
TICKETS = Listing(QUEUE, FILTERS, ("-received_at", "received_at", "next_due_at", "-next_due_at"))
DUE = Listing(QUEUE, FILTERS, ("next_due_at", "-next_due_at"))

router = APIRouter(prefix="/v1", tags=["lists"])


@router.get("/tickets", response_model=QueuePage, openapi_extra=described(TICKETS))
async def list_tickets(call: Reading) -> Response:
    """List tickets, the newest first. What is overdue: `filter[next_due_at][lt]=<now>`."""
    return await _page(TICKETS, call)


@router.get("/queue", response_model=QueuePage, openapi_extra=described(DUE))
async def read_queue(call: Reading) -> Response:
    """List the tickets on which something is due, the most urgent first. A ticket with nothing due is not in it."""
    return await _page(DUE, call)


async def _page(listing: Listing, call: Call) -> Response:
    def shown(row: QueueRow) -> dict[str, Any]:
        return queue_entry(row, call.now)

    return await replace(listing, shown=shown).page(call)
