"""What gifts add to the accounts of who gives and who gets; and points that become a lot of their own."""

from collections.abc import Iterable, Mapping

from msgspec import structs

from services.loyalty.domain.ledger.account import Account, GiftMade
from services.loyalty.domain.ledger.events import PassedOn, PointsGiven, PointsReceived
from services.loyalty.domain.ledger.fold.adding import Lots, added, owing
from services.loyalty.domain.ledger.lifetime import lives_by_activity
from services.loyalty.domain.ledger.lot import Lot


def given(account: Account, event: PointsGiven) -> Account:
    """Return the account with so much less in its lots."""
    whole = event.points if event.whole is None else event.whole
    gift = GiftMade(event.to, event.points, whole, event.reason, event.points_currency)
    lots = added(account.kept, event.points_currency, "transferred", event.allocations)
    return structs.replace(account, kept=lots, gifts={**account.gifts, event.transfer_id: gift})


def received(account: Account, event: PointsReceived) -> Account:
    """Return the account with the lots that it was given, less what repaid a debt."""
    currency = event.points_currency
    lots = passed_on(account.kept, event.lots, currency)
    lots = added(lots, currency, "spent", event.repaid)
    debts = owing(account, currency, -sum(event.repaid.values()))
    received = (*account.received, f"{event.giver}:{event.transfer_id}")
    return structs.replace(account, kept=lots, debts=debts, received=received)


def passed_on(lots: Mapping[str, Lot], parts: Iterable[PassedOn], currency: str) -> Lots:
    """Return the lots with some more, which keep what is known of those that they come from."""
    changed = dict(lots)
    for part in parts:
        lot = changed.get(part.lot_id) or Lot(part.lot_id)
        changed[part.lot_id] = structs.replace(lot, points_currency=currency, **structs.asdict(part))
    return changed


def renewed(account: Account, parts: Iterable[PassedOn]) -> bool:
    """Tell whether some of the account's points live by activity."""
    return account.renews or any(lives_by_activity(part.terms) for part in parts)
