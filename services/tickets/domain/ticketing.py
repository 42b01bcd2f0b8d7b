"""The ticket's decider: streams `ticket-<id>`."""

from services.tickets.domain.commands import Command
from services.tickets.domain.decide import decide
from services.tickets.domain.events import Event
from services.tickets.domain.ticket import Ticket, evolve
from shared.decider import Decider

TICKET: Decider[Command, Event, Ticket | None] = Decider("ticket", None, decide, evolve, state=Ticket | None)
