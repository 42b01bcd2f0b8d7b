"""A customer complained at some touchpoint: open a ticket, once for each touchpoint."""

from uuid import UUID, uuid5

from services.tickets.contracts.contact import CONTACT, InteractionRecorded
from services.tickets.domain.commands import OpenComplaint
from services.tickets.domain.levels import CURRENT
from services.tickets.domain.terms import Severity
from services.tickets.domain.ticketing import TICKET
from shared.policies.policy import EventPolicy, Policy, Work
from shared.store.contract import Context, Recorded
from shared.wire import event_source

TOPIC = "complaint"
CATEGORY = "unsorted"
_NAMESPACE = UUID("6b1f3a52-5a0e-5c57-9a3f-0d6f2c1d8e74")


def ticket_id(touchpoint: str) -> UUID:
    """Return the id of the ticket that a touchpoint opens: always the same, so a redelivery meets its own stream."""
    return uuid5(_NAMESPACE, touchpoint)


def is_complaint(recorded: Recorded) -> bool:
    """Tell whether the interaction is for us; every other kind only passes by."""
    event: InteractionRecorded = recorded.event
    return event.topic == TOPIC


def command_for(recorded: Recorded) -> OpenComplaint:
    """Return what a complaint asks for. Nobody has assessed it yet, so its severity and category are the plain ones."""
    event: InteractionRecorded = recorded.event
    return OpenComplaint(
        ticket_id(recorded.stream),
        event.customer_id,
        CATEGORY,
        event.summary or "",
        Severity.NORMAL,
        event.channel,
        received_at=recorded.occurred_at,
        levels=CURRENT,
        touchpoint=recorded.stream,
        invented=event.invented,
    )


def react(work: Work, recorded: Recorded) -> None:
    """Open the ticket; its deadlines count from when the customer complained."""
    if not is_complaint(recorded):
        return
    command = command_for(recorded)
    context = Context(
        recorded.occurred_at,
        work.now,
        correlation=recorded.meta.get("correlation"),
        causation=recorded.id,
        traceparent=recorded.meta.get("traceparent"),
    )
    work.handle(TICKET, TICKET.stream(command.ticket_id), command, subject=recorded.subject, context=context)


COMPLAINTS: EventPolicy = Policy(
    name="complaints",
    source=event_source(CONTACT),
    key=lambda recorded: recorded.stream,
    needs=lambda recorded: (TICKET.stream(ticket_id(recorded.stream)),) if is_complaint(recorded) else (),
    react=react,
    personal=is_complaint,
)
