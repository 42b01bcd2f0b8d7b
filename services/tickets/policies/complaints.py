"""A customer got in touch to complain: open a ticket, so that nobody forgets it."""

from collections.abc import Sequence
from uuid import UUID, uuid5

from services.tickets.contracts.contact import CONTACT
from services.tickets.domain.commands import OpenComplaint
from services.tickets.domain.service_level import STANDARD, Severity
from services.tickets.domain.ticket import TICKET
from shared.policies.policy import EventPolicy, Policy, Work
from shared.store.contract import Context, Recorded
from shared.wire import event_source

TICKETS_OF_TOUCHPOINTS = UUID("6f9b8c52-6a0e-4c0b-9a3d-0d5a3f1f7e11")
"""The name space in which a touchpoint's stream names its ticket: the same touchpoint, the same ticket."""


def ticket_of(touchpoint: str) -> UUID:
    """Return the id of the ticket that a touchpoint's stream opens."""
    return uuid5(TICKETS_OF_TOUCHPOINTS, touchpoint)


def needs(recorded: Recorded) -> Sequence[str]:
    """Return the ticket's stream for a complaint, and nothing for other interactions."""
    return (TICKET.stream(ticket_of(recorded.stream)),) if recorded.event.topic == "complaint" else ()


def react(work: Work, recorded: Recorded) -> None:
    """Open the complaint as of the moment when it was made."""
    interaction = recorded.event
    if interaction.topic != "complaint":
        return
    ticket_id = ticket_of(recorded.stream)
    command = OpenComplaint(
        ticket_id,
        interaction.customer_id,
        "uncategorised",
        interaction.summary or "",
        Severity.NORMAL,
        interaction.channel,
        recorded.id,
        recorded.occurred_at,
        STANDARD,
        interaction.invented,
    )
    context = Context(
        recorded.occurred_at,
        work.now,
        correlation=recorded.meta.get("correlation"),
        causation=recorded.id,
        traceparent=recorded.meta.get("traceparent"),
    )
    work.handle(TICKET, TICKET.stream(ticket_id), command, subject=recorded.subject, context=context)


COMPLAINTS: EventPolicy = Policy(
    name="complaints",
    source=event_source(CONTACT),
    key=lambda recorded: recorded.stream,
    needs=needs,
    react=react,
)
