"""A second, much simpler account of what the same events mean: sums over a list, with nothing folded."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from services.loyalty.domain.ledger.events import (
    ActivityNoted,
    Event,
    ExpiryResumed,
    ExpirySuspended,
    HoldCaptured,
    HoldReleased,
    PassedOn,
    PendingActivated,
    PendingCancelled,
    PointsAdjusted,
    PointsEarned,
    PointsForfeited,
    PointsGiven,
    PointsHeld,
    PointsReceived,
    PointsReversed,
    PointsSpent,
    SpendReversed,
)
from services.loyalty.domain.ledger.lot import NEVER
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
    left, held, owed = Counter[str](), Counter[str](), Counter[str]()
    currencies: dict[str, str] = {}
    for event in events:
        parts = {**getattr(event, "allocations", {}), **getattr(event, "released", {})}
        passed = [part.lot_id for part in (*getattr(event, "lots", ()), *getattr(event, "revived", ()))]
        names = [*parts, *passed, getattr(event, "lot_id", None), getattr(event, "into", None)]
        currencies |= {name or "": getattr(event, "points_currency", "") for name in names}
        _take(event, left, owed)
    for event in events:
        if isinstance(event, PointsHeld) and not _is_over(event, events, now):
            held.update(event.allocations)
    lives = _lives(events)
    lots = {name: _judged(lives.get(name), left[name], held[name], now) for name in {*left, *held, *lives}}
    net = Counter({currency: -points for currency, points in owed.items()})
    for name, lot in lots.items():
        net[currencies[name]] += lot.active
    return Reckoned(
        {currency: max(0, points) for currency, points in net.items()},
        {currency: max(0, -points) for currency, points in net.items()},
        {name: lots[name] for name in lives},
    )


class Life(NamedTuple):
    """From when (None: it waits for an action) and until when a lot's points can be spent."""

    start: datetime | None
    end: datetime | None


def _lives(events: Sequence[Event]) -> dict[str, Life]:
    """Return how long each lot lives."""
    earnings = {event.lot_id: event for event in events if isinstance(event, PointsEarned)}
    lives = {}
    for name, earning in earnings.items():
        start = None if earning.awaits else earning.activates_at or earning.earned_at
        lives[name] = Life(start, _end(earning.terms, start, events))
    for event in events:
        if isinstance(event, PendingActivated):
            end = _end(event.terms, event.activates_at, events)
            lives[event.into or event.lot_id] = Life(event.activates_at, end)
        if isinstance(event, PointsAdjusted) and event.lot_id and event.adjusted_at:
            lives[event.lot_id] = Life(event.adjusted_at, _end(event.terms, event.adjusted_at, events))
        passed = event.lots if isinstance(event, PointsReceived) else getattr(event, "revived", ())
        lives |= {part.lot_id: _passed_on(part, events) for part in passed}
    return lives


def _passed_on(part: PassedOn, events: Sequence[Event]) -> Life:
    if part.terms is None:
        return Life(part.activates_at, part.expires_at and _exempted(part.expires_at, events))
    return Life(part.activates_at, _end(part.terms, part.activates_at, events))


def _end(terms: Terms | None, start: datetime | None, events: Sequence[Event]) -> datetime | None:
    """Return when a lot lapses: each activity before its end moves the end."""
    if start is None or terms is None:
        return None
    noted = [event.active_at for event in events if isinstance(event, ActivityNoted)]
    idle = _exempted(terms.idle_at(start) or NEVER, events)
    for at in sorted([*noted, *(event.earned_at for event in events if isinstance(event, PointsEarned))]):
        if start < at < idle:
            idle = _exempted(terms.idle_at(at) or NEVER, events)
    return min(idle, _exempted(terms.lapses_at(start) or NEVER, events))


def _exempted(end: datetime, events: Sequence[Event]) -> datetime:
    """Return a lot's end, or the end of the time of exemption that it falls into."""
    for since in sorted(event.since for event in events if isinstance(event, ExpirySuspended)):
        ends = [event.until for event in events if isinstance(event, ExpiryResumed) and event.until >= since]
        if since <= end < min(ends, default=NEVER):
            end = min(ends, default=NEVER)
    return end


def _take(event: Event, left: Counter[str], owed: Counter[str]) -> None:
    """Take out of the lots what is gone, and put into them what came back."""
    currency = getattr(event, "points_currency", "")
    match event:
        case PointsEarned():
            left[event.lot_id] += event.points - event.debt_repaid
            owed[currency] -= event.debt_repaid
        case PointsSpent() | PointsGiven() | HoldCaptured():
            left.subtract(event.allocations)
        case PointsReversed():
            left.subtract(event.allocations)
            owed[currency] += event.debt
        case SpendReversed():
            left.update(event.allocations)
            left.subtract({part.origin: part.points for part in event.revived})
            _put(event.revived, left)
        case PointsReceived():
            _put(event.lots, left)
        case _:
            _change(event, left, owed)
    if isinstance(event, SpendReversed | HoldCaptured | HoldReleased | PointsReceived):
        left.subtract(event.repaid)
        owed[currency] -= sum(event.repaid.values())


def _change(event: Event, left: Counter[str], owed: Counter[str]) -> None:
    match event:
        case PendingActivated() if event.into:
            left[event.lot_id] -= event.points
            left[event.into] += event.points
        case PendingCancelled():
            left[event.lot_id] -= event.points
        case PointsAdjusted():
            left.subtract(event.allocations)
            owed[event.points_currency] -= event.debt_repaid
            left[event.lot_id or ""] += max(0, event.points - event.debt_repaid)
        case PointsForfeited():
            left.subtract(event.allocations)
            owed[event.points_currency] -= event.waived
        case _:
            pass


def _put(parts: Sequence[PassedOn], left: Counter[str]) -> None:
    left.update({part.lot_id: part.points for part in parts})


def _is_over(hold: PointsHeld, events: Sequence[Event], now: datetime) -> bool:
    ended = any(isinstance(event, HoldCaptured | HoldReleased) and event.hold_id == hold.hold_id for event in events)
    return ended or (hold.until is not None and hold.until <= now)


def _judged(life: Life | None, left: int, held: int, now: datetime) -> Lot:
    free = left - held
    if life and (life.start is None or now < life.start):
        return Lot(free, 0, held, 0)
    if life and life.end and now >= life.end:
        return Lot(0, 0, held, free)
    return Lot(0, free, held, 0)
