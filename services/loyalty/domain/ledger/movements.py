"""How a balance came about: every event that counts and every moment that came, in the order in which they happened.

The log has them in the order in which they were recorded; a late fact takes its
place here. What time did is a movement at its own moment, booked or not. So the
balance after a movement is what the balance was then, as one knows now.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import get_args

from msgspec import Struct

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.currencies import POINTS
from services.loyalty.domain.ledger.events import (
    Event,
    HoldReleased,
    Moving,
    PointsActivated,
    PointsExpired,
)
from services.loyalty.domain.ledger.evolve import evolve
from services.loyalty.domain.ledger.lot import NEVER, Lot
from services.loyalty.domain.ledger.touching import touched

ACTIVATED, EXPIRED, RELEASED = "points-activated", "points-expired", "hold-released"
"""What a movement is called that time brought, booked or not."""

_MOVING = get_args(Moving)


class Fact(Struct, frozen=True):
    """An event of a member's stream, with its name and its times."""

    event_id: str
    owner: str
    type: str
    occurred_at: datetime
    recorded_at: datetime
    event: Event


Booked = dict[tuple[str, str, datetime], Fact]
"""What booked a moment: by owner, by lot or hold, and by the moment."""


class Movement(Struct, frozen=True):
    """What changed at a moment, and the balance of that currency after it.

    Without a fact, time did it, and it isn't booked yet; `about` names what its time had come for.
    """

    at: datetime
    type: str
    points: int
    balance: int
    fact: Fact | None
    points_currency: str = POINTS
    about: str = ""


class Step(Struct, frozen=True):
    """A moment at which a balance may change: by a fact, or because the time of some lots has come."""

    at: datetime
    by_time: bool
    owner: str
    fact: Fact | None
    points_currency: str
    type: str
    lots: Iterable[str]
    about: str = ""
    resumed: bool = False

    @property
    def order(self) -> tuple[datetime, int]:
        """What time brings comes before the facts of its moment; but an exemption must end before something lapses."""
        return (self.at, 2 if self.resumed else int(not self.by_time))


def movements(facts: Sequence[Fact], now: datetime) -> list[Movement]:
    """Return all movements up to `now` of the accounts whose facts these are, in the order of their moments."""
    walk = _Walk()
    found = []
    for step in sorted(_steps(facts, now), key=lambda step: step.order):
        currency = step.points_currency
        before = walk.balance(currency)
        walk.take(step, min(step.at, now))
        balance = walk.balance(currency)
        if balance != before or (step.fact and isinstance(step.fact.event, _MOVING)):
            points = balance - before
            found.append(Movement(step.at, step.type, points, balance, step.fact, currency, step.about))
    return found


class _Walk:
    """The accounts as they were at a step: each lot's part of its currency's balance, and the debts."""

    def __init__(self) -> None:
        self._accounts: dict[str, Account] = {}
        self._parts: dict[tuple[str, str], int] = {}
        self._net: Counter[str] = Counter()

    def balance(self, currency: str) -> int:
        return max(0, self._net[currency])

    def take(self, step: Step, now: datetime) -> None:
        account = self._accounts.get(step.owner, Account())
        if step.fact and not step.by_time:
            after = evolve(account, step.fact.event)
            self._net[step.points_currency] -= after.owed(step.points_currency) - account.owed(step.points_currency)
            self._accounts[step.owner] = account = after
        lots = account.lots
        for name in step.lots:
            if name in lots:
                part = lots[name].active(now)
                self._net[step.points_currency] += part - self._parts.get((step.owner, name), 0)
                self._parts[step.owner, name] = part


def _steps(facts: Sequence[Fact], now: datetime) -> Iterator[Step]:
    accounts: dict[str, Account] = {}
    booked: Booked = {}
    for fact in facts:
        event = fact.event
        accounts[fact.owner] = evolve(accounts.get(fact.owner, Account()), event)
        if isinstance(event, PointsActivated | PointsExpired):
            booked[fact.owner, event.lot_id, fact.occurred_at] = fact
        elif isinstance(event, HoldReleased) and event.lapsed_at:
            booked[fact.owner, event.hold_id, fact.occurred_at] = fact
        else:
            currency = getattr(event, "points_currency", POINTS)
            yield Step(fact.occurred_at, False, fact.owner, fact, currency, fact.type, touched(event))
    for owner, account in accounts.items():
        yield from _by_time(owner, account, booked, now)


def _by_time(owner: str, account: Account, booked: Booked, now: datetime) -> Iterator[Step]:
    for lot in account.lots.values():
        for at, type_ in _moments(lot):
            if at <= now:
                fact = booked.get((owner, lot.lot_id, at))
                resumed = type_ == EXPIRED and at in account.resumed
                yield Step(at, True, owner, fact, lot.points_currency, type_, (lot.lot_id,), lot.lot_id, resumed)
    for name, hold in account.holds.items():
        fact = booked.get((owner, name, hold.until)) if hold.until else None
        if hold.until and hold.until <= now and (fact or not hold.ended):
            yield Step(hold.until, True, owner, fact, hold.points_currency, RELEASED, hold.allocations, name)


def _moments(lot: Lot) -> Iterator[tuple[datetime, str]]:
    """Yield when a lot's time came, as one knows it from all facts: a fact that was told late may have moved it."""
    if lot.points and lot.activates_at not in (lot.earned_at, NEVER):
        yield lot.activates_at, ACTIVATED
    if lot.points and lot.expires_at:
        yield lot.expires_at, EXPIRED
