"""The ticket's decider: streams `ticket-<id>`, each with a timer at the next moment of its clocks."""

from services.tickets.domain.clocks import happened, wakes
from services.tickets.domain.commands import Command, LookAtClocks
from services.tickets.domain.decide import decide
from services.tickets.domain.events import Event
from services.tickets.domain.ticket import Ticket, evolve
from shared.decider import Decider

TICKET: Decider[Command, Event, Ticket | None] = Decider(
    "ticket", None, decide, evolve, wakes=wakes, wake=LookAtClocks, happened=happened, state=Ticket | None
)
