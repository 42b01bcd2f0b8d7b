"""Tickets: nothing that a customer complained about is forgotten, and every promise has a clock."""

from pathlib import Path

from services.tickets.api import clocks, lists, tickets, work
from services.tickets.contracts.merges import MERGES
from services.tickets.contracts.published import PUBLISHED
from services.tickets.domain.ticketing import TICKET
from services.tickets.policies.complaints import COMPLAINTS
from services.tickets.settings import TicketsSettings
from services.tickets.views.queue import QUEUE
from shared.service import Service

SERVICE = Service(
    name="tickets",
    title="Tickets",
    summary="Nothing that a customer complained about is forgotten, and every promise has a clock.",
    settings=TicketsSettings,
    publishes=PUBLISHED,
    folder=Path(__file__).parent,
    views=(QUEUE,),
    views_version=2,
    merges=MERGES,
    deciders=(TICKET,),
    policies=lambda _: (COMPLAINTS,),
    routes=(lists.router, tickets.router, work.router, clocks.router),
)
