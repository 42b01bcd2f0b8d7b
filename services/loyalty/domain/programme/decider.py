"""The programme's decider. Its stream is named after the programme, and keeps every version for ever."""

from services.loyalty.domain.programme.commands import Command
from services.loyalty.domain.programme.decide import decide
from services.loyalty.domain.programme.events import Event
from services.loyalty.domain.programme.evolve import evolve
from services.loyalty.domain.programme.programme import Programme
from shared.decider import Decider

PROGRAMME: Decider[Command, Event, Programme] = Decider("programme", Programme(), decide, evolve)
