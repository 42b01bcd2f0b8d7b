"""Adding to lots and debts: what isn't known yet begins with nothing."""

from collections.abc import Mapping

from msgspec import structs

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.lot import Lot

Lots = dict[str, Lot]


def added(lots: Mapping[str, Lot], currency: str, field: str, points: Mapping[str, int], sign: int = 1) -> Lots:
    """Return the lots, all of one currency, with `points` added to a field of each that is named."""
    changed = dict(lots)
    for name, number in points.items():
        lot = changed.get(name) or Lot(name, points_currency=currency)
        changed[name] = structs.replace(lot, **{field: getattr(lot, field) + sign * number})
    return changed


def owing(account: Account, currency: str, points: int) -> dict[str, int]:
    """Return the debts with `points` more owed in one currency."""
    return {**account.debts, currency: account.owed(currency) + points} if points else account.debts
