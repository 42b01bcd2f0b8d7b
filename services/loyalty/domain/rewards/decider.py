"""The reward's decider: streams `reward-<id>`, each with a timer at the end of its first reservation."""

from collections.abc import Sequence
from datetime import datetime
from typing import assert_never

from services.loyalty.domain.rewards.commands import (
    AddCodes,
    AddStock,
    BookLapsed,
    Command,
    Confirm,
    CorrectStock,
    Publish,
    Release,
    Return,
    Take,
    Withdraw,
)
from services.loyalty.domain.rewards.events import Event, ReservationLapsed
from services.loyalty.domain.rewards.offering import publish, withdraw
from services.loyalty.domain.rewards.reward import Reward, evolve
from services.loyalty.domain.rewards.shelving import book_lapsed, confirm, give_back, release, take, wakes
from services.loyalty.domain.rewards.stocking import add_codes, add_stock, correct_stock
from shared.decider import Decider


def decide(command: Command, reward: Reward) -> Sequence[Event]:
    """Return the events that obey `command`: each kind has its rules in a file of its own."""
    match command:
        case Take():
            return take(command, reward)
        case Confirm():
            return confirm(command, reward)
        case Release():
            return release(command, reward)
        case Return():
            return give_back(command, reward)
        case BookLapsed(now):
            return book_lapsed(reward, now)
        case _:
            return _run(command, reward)


def _run(command: Publish | Withdraw | AddStock | CorrectStock | AddCodes, reward: Reward) -> Sequence[Event]:
    """Decide what only those ask who run the catalogue."""
    match command:
        case Publish():
            return publish(command, reward)
        case Withdraw():
            return withdraw(command, reward)
        case AddStock():
            return add_stock(command, reward)
        case CorrectStock():
            return correct_stock(command, reward)
        case AddCodes():
            return add_codes(command, reward)
        case _:
            assert_never(command)


def happened(event: Event) -> datetime | None:
    """Return when a reservation lapsed, whenever that is booked."""
    return event.expires_at if isinstance(event, ReservationLapsed) else None


REWARD: Decider[Command, Event, Reward] = Decider(
    "reward", Reward(), decide, evolve, wakes=wakes, wake=BookLapsed, happened=happened, state=Reward
)
