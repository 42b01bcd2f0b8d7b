"""The account's decider. Its stream is named after the customer, so that enrolling twice meets the same stream."""

from datetime import datetime

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.booking import wakes
from services.loyalty.domain.ledger.commands import Book, Command
from services.loyalty.domain.ledger.decide import decide
from services.loyalty.domain.ledger.events import (
    Event,
    FactJudged,
    HoldReleased,
    PendingActivated,
    PointsActivated,
    PointsEarned,
    PointsExpired,
    PointsReversed,
)
from services.loyalty.domain.ledger.evolve import evolve
from shared.decider import Decider


def happened(event: Event) -> datetime | None:
    """Return when an event came about, where it says so: what time did, what was earned, a refund that waited."""
    match event:
        case PointsActivated():
            return event.activates_at
        case PointsExpired():
            return event.expires_at
        case PendingActivated():
            return event.acted_at
        case HoldReleased():
            return event.lapsed_at
        case PointsReversed():
            return event.refunded_at
        case PointsEarned():
            return event.earned_at
        case FactJudged():
            return event.refunded_at if event.refund_id else event.judged.fact.occurred_at
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
    fold_version=4,
)
