"""A second, much simpler account of what the same events mean: sums over a list, with nothing folded."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from services.loyalty.domain.ledger.events import (
    ActivityNoted,
    Event,
    HoldCaptured,
    HoldReleased,
    PointsEarned,
    PointsHeld,
    PointsReversed,
    PointsSpent,
    SpendReversed,
)
from services.loyalty.domain.ledger.movements import Fact
from services.loyalty.domain.programme.terms import Terms


class Lot(NamedTuple):
    pending: int
    active: int
    held: int
    expired: int


class Reckoned(NamedTuple):
    """What the events come to; balances and debts by currency."""

    balance: dict[str, int]
    debt: dict[str, int]
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
    left, held, owed = Counter[str](), Counter[str](), Counter[str]()
    currencies: dict[str, str] = {}
    for event in events:
        parts = {**getattr(event, "allocations", {}), **getattr(event, "released", {})}
        currencies |= dict.fromkeys(parts, getattr(event, "points_currency", ""))
        _take(event, left, owed)
    for event in events:
        if isinstance(event, PointsHeld) and not _is_over(event, events, now):
            held.update(event.allocations)
    for name, earning in earnings.items():
        currencies[name] = earning.points_currency
        left[name] += earning.points - earning.debt_repaid
    active = [event.active_at for event in events if isinstance(event, ActivityNoted)]
    active = sorted([*active, *(earning.earned_at for earning in earnings.values())])
    ends = {name: _end(earning, active) for name, earning in earnings.items()}
    lots = {name: _judged(earnings.get(name), ends.get(name), left[name], held[name], now) for name in {*left, *held}}
    net = Counter({currency: -points for currency, points in owed.items()})
    for name, lot in lots.items():
        net[currencies[name]] += lot.active
    return Reckoned(
        {currency: max(0, points) for currency, points in net.items()},
        {currency: max(0, -points) for currency, points in net.items()},
        {name: lots[name] for name in earnings},
    )


def _take(event: Event, left: Counter[str], owed: Counter[str]) -> None:
    """Take out of the lots what is gone, and put into them what came back."""
    match event:
        case PointsEarned():
            owed[event.points_currency] -= event.debt_repaid
        case PointsSpent():
            left.subtract(event.allocations)
        case PointsReversed():
            left.subtract(event.allocations)
            owed[event.points_currency] += event.debt
        case SpendReversed():
            left.update(event.allocations)
        case HoldCaptured():
            left.subtract(event.allocations)
        case _:
            pass
    if isinstance(event, SpendReversed | HoldCaptured | HoldReleased):
        left.subtract(event.repaid)
        owed[event.points_currency] -= sum(event.repaid.values())


def _is_over(hold: PointsHeld, events: Sequence[Event], now: datetime) -> bool:
    ended = any(isinstance(event, HoldCaptured | HoldReleased) and event.hold_id == hold.hold_id for event in events)
    return ended or (hold.until is not None and hold.until <= now)


def _end(earning: PointsEarned, active: Sequence[datetime]) -> datetime | None:
    """Return when a lot lapses: each activity before its end moves the end."""
    terms = earning.terms or Terms()
    start = earning.activates_at or earning.earned_at
    idle, lapses = terms.idle_at(start), terms.lapses_at(start)
    for at in active:
        if idle and start < at < idle:
            idle = terms.idle_at(at)
    return min((end for end in (idle, lapses) if end), default=None)


def _judged(earning: PointsEarned | None, end: datetime | None, left: int, held: int, now: datetime) -> Lot:
    free = left - held
    if earning and now < (earning.activates_at or earning.earned_at):
        return Lot(free, 0, held, 0)
    if end and now >= end:
        return Lot(0, 0, held, free)
    return Lot(0, free, held, 0)
