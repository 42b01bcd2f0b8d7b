"""How a balance came about: every event that counts and every moment that came, in the order in which they happened.

The log has them in the order in which they were recorded; a late fact takes its
place here. What time did is a movement at its own moment, booked or not. So the
balance after a movement is what the balance was then, as one knows now.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from msgspec import Struct

from services.loyalty.domain.ledger.account import Account, Lot
from services.loyalty.domain.ledger.events import (
    Event,
    Moving,
    NothingEarned,
    PointsActivated,
    PointsEarned,
    PointsExpired,
    PointsReversed,
    PointsSpent,
    SpendReversed,
)
from services.loyalty.domain.ledger.evolve import evolve

ACTIVATED, EXPIRED = "points-activated", "points-expired"
"""What a movement is called that time brought, booked or not."""


class Fact(Struct, frozen=True):
    """An event of a member's stream, with its name and its times."""

    event_id: str
    owner: str
    type: str
    occurred_at: datetime
    recorded_at: datetime
    event: Event


class Movement(Struct, frozen=True):
    """What changed at a moment, and the balance after it. Without a fact, time did it, and it isn't booked yet."""

    at: datetime
    type: str
    points: int
    balance: int
    fact: Fact | None
    lot: Lot | None = None


class Step(Struct, frozen=True):
    """A moment at which the balance may change: by a fact, or because a lot's time has come."""

    at: datetime
    by_time: bool
    owner: str
    fact: Fact | None
    lot_id: str = ""
    type: str = ""


def movements(facts: Sequence[Fact], now: datetime) -> list[Movement]:
    """Return all movements up to `now` of the accounts whose facts these are, in the order of their moments."""
    walk = _Walk()
    found = []
    for step in sorted(_steps(facts, now), key=lambda step: (step.at, not step.by_time)):
        before = walk.balance
        walk.take(step, min(step.at, now))
        points = walk.balance - before
        if points or (step.fact and isinstance(step.fact.event, Moving)):
            lot = walk.lot(step) if step.by_time else None
            found.append(Movement(step.at, step.type, points, walk.balance, step.fact, lot))
    return found


class _Walk:
    """The accounts as they were at a step: each lot's part of the balance, and the debts."""

    def __init__(self) -> None:
        self._accounts: dict[str, Account] = {}
        self._parts: dict[tuple[str, str], int] = {}
        self._net = 0

    @property
    def balance(self) -> int:
        return max(0, self._net)

    def take(self, step: Step, now: datetime) -> None:
        account = self._accounts.get(step.owner, Account())
        touched: Iterable[str] = (step.lot_id,)
        if step.fact and not step.by_time:
            after = evolve(account, step.fact.event)
            self._net -= after.debt - account.debt
            self._accounts[step.owner] = account = after
            touched = _touched(step.fact.event)
        for name in touched:
            if name in account.lots:
                part = account.lots[name].active(now)
                self._net += part - self._parts.get((step.owner, name), 0)
                self._parts[step.owner, name] = part

    def lot(self, step: Step) -> Lot | None:
        return self._accounts.get(step.owner, Account()).lots.get(step.lot_id)


def _steps(facts: Sequence[Fact], now: datetime) -> Iterator[Step]:
    booked = {
        (fact.owner, fact.event.lot_id, fact.type): fact
        for fact in facts
        if isinstance(fact.event, PointsActivated | PointsExpired)
    }
    for fact in facts:
        if not isinstance(fact.event, PointsActivated | PointsExpired):
            yield Step(fact.occurred_at, False, fact.owner, fact, type=fact.type)
        if isinstance(fact.event, PointsEarned):
            for at, type_ in _moments(fact.event):
                if at <= now:
                    name = fact.event.lot_id
                    yield Step(at, True, fact.owner, booked.get((fact.owner, name, type_)), name, type_)


def _moments(event: PointsEarned) -> Iterator[tuple[datetime, str]]:
    if event.activates_at:
        yield event.activates_at, ACTIVATED
    if event.expires_at:
        yield event.expires_at, EXPIRED


def _touched(event: Event) -> Iterable[str]:
    match event:
        case PointsEarned() | NothingEarned():
            return (event.lot_id,)
        case PointsReversed():
            return {event.lot_id, *event.allocations}
        case PointsSpent() | SpendReversed():
            return event.allocations
        case _:
            return ()
