"""What accounts have of each point currency at a moment: all of it in one look at their lots."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from services.loyalty.domain.ledger.account import Account


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


NOTHING = Having()
"""What an account has of a currency that it never had points of."""


def having(accounts: Iterable[Account], now: datetime) -> Mapping[str, Having]:
    """Return what the accounts have together at `now`, by currency; of what they never met there is no entry."""
    found: dict[str, Having] = {}
    for account in accounts:
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
