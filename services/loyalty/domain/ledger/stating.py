"""Each event that moves points states, for readers, what can be spent after it."""

from datetime import datetime
from typing import TypeVar

from msgspec import structs

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.events import Moving
from services.loyalty.domain.ledger.evolve import evolve

M = TypeVar("M", bound=Moving)


def stated(event: M, account: Account, now: datetime) -> M:
    """Return the event with the balance that the account has at `now`, once the event has happened."""
    return structs.replace(event, balance_after=evolve(account, event).balance(now, event.points_currency))
