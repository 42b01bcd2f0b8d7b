"""What lapses soon: points that can be spent now, and no longer from some day on."""

from collections import Counter
from datetime import datetime, timedelta

from msgspec import Struct

from services.loyalty.domain.ledger.together import Accounts, all_lots

SOON = timedelta(days=90)
"""How far ahead a statement looks."""


class Lapse(Struct, frozen=True):
    """So many points lapse at a moment, unless they are used before or something renews them."""

    at: datetime
    points: int


def lapsing(accounts: Accounts, currency: str, now: datetime, until: datetime) -> tuple[Lapse, ...]:
    """Return what of a currency's points lapses by `until`, the first first. What is under a hold doesn't."""
    sums = Counter[datetime]()
    for _, lot in all_lots(accounts, currency):
        if lot.expires_at is not None and lot.expires_at <= until:
            sums[lot.expires_at] += lot.active(now)
    return tuple(Lapse(at, points) for at, points in sorted(sums.items()) if points > 0)
