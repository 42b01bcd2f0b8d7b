"""A second, much simpler account of what the same events mean: sums over a list, with nothing folded."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from services.loyalty.domain.ledger.events import PointsEarned, PointsReversed, PointsSpent, SpendReversed
from services.loyalty.domain.ledger.movements import Fact


class Lot(NamedTuple):
    pending: int
    active: int
    expired: int


class Reckoned(NamedTuple):
    """What the events come to."""

    balance: int
    debt: int
    lots: dict[str, Lot]


def counting(log: Sequence[Fact], as_of: datetime | None, known_at: datetime | None) -> list[Fact]:
    """Return the facts that had happened by then, of those that were told by then."""
    return [
        fact
        for fact in log
        if (as_of is None or fact.occurred_at <= as_of) and (known_at is None or fact.recorded_at <= known_at)
    ]


def reckon(facts: Sequence[Fact], now: datetime) -> Reckoned:
    """Add up what came into each lot and what went out of it, and ask the clock what that is worth."""
    events = [fact.event for fact in facts]
    earnings = {event.lot_id: event for event in events if isinstance(event, PointsEarned)}
    left = {name: event.points - event.debt_repaid for name, event in earnings.items()}
    debt = -sum(event.debt_repaid for event in earnings.values())
    for event in events:
        if isinstance(event, PointsSpent | PointsReversed):
            debt += event.debt if isinstance(event, PointsReversed) else 0
            for name, points in event.allocations.items():
                left[name] = left.get(name, 0) - points
        if isinstance(event, SpendReversed):
            for name, points in event.allocations.items():
                left[name] = left.get(name, 0) + points - event.repaid.get(name, 0)
            debt -= sum(event.repaid.values())
    lots = {name: _judged(earnings.get(name), points, now) for name, points in left.items()}
    net = sum(lot.active for lot in lots.values()) - debt
    return Reckoned(max(0, net), max(0, -net), {name: lots[name] for name in earnings})


def _judged(earning: PointsEarned | None, left: int, now: datetime) -> Lot:
    if earning and now < (earning.activates_at or earning.earned_at):
        return Lot(left, 0, 0)
    if earning and earning.expires_at and now >= earning.expires_at:
        return Lot(0, 0, left)
    return Lot(0, left, 0)
