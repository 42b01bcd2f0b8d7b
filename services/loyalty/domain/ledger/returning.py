"""What becomes of points that return to their lots: what lapsed meanwhile is forfeited, the rest repays a debt."""

from collections.abc import Mapping
from datetime import datetime

from services.loyalty.domain.ledger.account import Account


def returned(
    account: Account,
    allocations: Mapping[str, int],
    currency: str,
    now: datetime,
    there: Mapping[str, int] | None = None,
) -> tuple[dict[str, int], dict[str, int]]:
    """Return what repays a debt and what is forfeited, by lot, of points that go back to their lots at `now`.

    At most what is `there` (all, by default) repays a debt.
    """
    lots = account.lots
    forfeited = {name: points for name, points in allocations.items() if lots[name].has_expired(now)}
    repaid: dict[str, int] = {}
    owed = account.owed(currency)
    for name, points in (allocations if there is None else there).items():
        if owed and points and name not in forfeited:
            repaid[name] = min(owed, points)
            owed -= repaid[name]
    return repaid, forfeited
