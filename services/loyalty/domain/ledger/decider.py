"""The account's decider. Its stream is named after the customer, so that enrolling twice meets the same stream."""

from datetime import datetime

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.booking import wakes
from services.loyalty.domain.ledger.commands import Book, Command
from services.loyalty.domain.ledger.decide import decide
from services.loyalty.domain.ledger.events import Event, HoldReleased, PointsActivated, PointsExpired, PointsReversed
from services.loyalty.domain.ledger.evolve import evolve
from shared.decider import Decider


def happened(event: Event) -> datetime | None:
    """Return when an event came about that is decided later: what time did, and a refund that had to wait."""
    match event:
        case PointsActivated():
            return event.activates_at
        case PointsExpired():
            return event.expires_at
        case HoldReleased():
            return event.lapsed_at
        case PointsReversed():
            return event.refunded_at
        case _:
            return None


ACCOUNT: Decider[Command, Event, Account] = Decider(
    "account",
    Account(),
    decide,
    evolve,
    wakes=wakes,
    wake=Book,
    happened=happened,
    state=Account,
    fold_version=3,
)
