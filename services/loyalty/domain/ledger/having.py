"""What accounts have of each point currency at a moment: all of it in one look at their lots; and how long it lasts."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.lot import NEVER, Lot


class Having:
    """Points of one currency: what can be spent now or later, what is held, and what is owed.

    `withheld` of the pending ones look suspicious.
    """

    __slots__ = ("active", "held", "owed", "pending", "withheld")

    def __init__(self) -> None:
        self.active = self.pending = self.held = self.owed = self.withheld = 0

    @property
    def net(self) -> int:
        """What can be spent, less what is owed."""
        return self.active - self.owed

    def add(self, other: "Having") -> None:
        """Add what another account has."""
        self.active += other.active
        self.pending += other.pending
        self.held += other.held
        self.owed += other.owed
        self.withheld += other.withheld


NOTHING = Having()
"""What an account has of a currency that it never had points of."""

Havings = Mapping[str, Having]
"""By currency; of what was never met there is no entry."""


def having(accounts: Iterable[Account], now: datetime) -> Havings:
    """Return what the accounts have together at `now`."""
    return together(had(account, now) for account in accounts)


def had(account: Account, now: datetime) -> Havings:
    """Return what an account has at `now`."""
    found: dict[str, Having] = {}
    for lot in account.lots.values():
        own = found.get(lot.points_currency) or found.setdefault(lot.points_currency, Having())
        if lot.is_pending(now):
            own.pending += lot.free(now)
            own.withheld += lot.withheld(now)
        elif not lot.has_expired(now):
            own.active += lot.free(now)
        if lot.holdings:
            own.held += lot.held(now)
    for code, owed in account.debts.items():
        found.setdefault(code, Having()).owed += owed
    return found


def together(parts: Iterable[Havings]) -> Havings:
    """Return what several have together."""
    found: dict[str, Having] = {}
    for part in parts:
        for code, own in part.items():
            found.setdefault(code, Having()).add(own)
    return found


def lasts_until(account: Account, now: datetime) -> datetime:
    """Return until before when an account has what it has at `now`, if nothing but time happens to it."""
    turns = (moment for lot in account.lots.values() for moment in _turns(lot) if now < moment)
    return min(turns, default=NEVER)


def _turns(lot: Lot) -> Iterator[datetime]:
    """Yield the moments at which time alone changes what is to be had of a lot."""
    yield lot.activates_at
    if lot.expires_at is not None:
        yield lot.expires_at
    for holding in lot.holdings:
        if holding.until is not None:
            yield holding.until
