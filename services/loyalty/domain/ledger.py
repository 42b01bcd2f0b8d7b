"""The account's decider. Its stream is named after the customer, so that enrolling twice meets the same stream."""

from services.loyalty.domain.account import Account
from services.loyalty.domain.booking import wakes
from services.loyalty.domain.commands import Book, Command
from services.loyalty.domain.decide import decide
from services.loyalty.domain.events import Event
from services.loyalty.domain.evolve import evolve
from shared.decider import Decider

ACCOUNT: Decider[Command, Event, Account] = Decider(
    "account", Account(), decide, evolve, wakes=wakes, wake=Book, state=Account, fold_version=2
)
