"""The account's decider. Its stream is named after the customer, so that enrolling twice meets the same stream."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.booking import wakes
from services.loyalty.domain.ledger.commands import Book, Command
from services.loyalty.domain.ledger.decide import decide
from services.loyalty.domain.ledger.events import (
    ActivityNoted,
    Event,
    ExpiryResumed,
    ExpirySuspended,
    FactJudged,
    HoldReleased,
    PendingActivated,
    PointsActivated,
    PointsEarned,
    PointsExpired,
    PointsReversed,
)
from services.loyalty.domain.ledger.evolve import evolve
from services.loyalty.domain.ledger.folding import evolve_all
from shared.decider import Decider

_TIMES: Mapping[type[Any], str] = {
    PointsActivated: "activates_at",
    PointsExpired: "expires_at",
    PendingActivated: "acted_at",
    ActivityNoted: "active_at",
    ExpirySuspended: "since",
    ExpiryResumed: "until",
    HoldReleased: "lapsed_at",
    PointsReversed: "refunded_at",
    PointsEarned: "earned_at",
}
"""The field in which an event says when it came about."""


def happened(event: Event) -> datetime | None:
    """Return when an event came about, where it says so: what time did, what was earned, a refund that waited."""
    if isinstance(event, FactJudged):
        return event.refunded_at if event.refund_id else event.judged.fact.occurred_at
    field = _TIMES.get(type(event))
    found: datetime | None = getattr(event, field) if field else None
    return found


ACCOUNT: Decider[Command, Event, Account] = Decider(
    "account",
    Account(),
    decide,
    evolve,
    wakes=wakes,
    wake=Book,
    happened=happened,
    state=Account,
    fold_version=6,
    evolve_all=evolve_all,
)
