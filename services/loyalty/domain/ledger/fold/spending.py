"""What spends, and spends that were taken back, add to an account."""

from msgspec import structs

from services.loyalty.domain.ledger.account import Account, SpendMade
from services.loyalty.domain.ledger.events import PointsSpent, SpendReversed
from services.loyalty.domain.ledger.fold.adding import added, owing
from services.loyalty.domain.ledger.fold.transfers import passed_on, renewed


def spent(account: Account, event: PointsSpent) -> Account:
    """Return the account with the spend, and its lots with so much less."""
    whole = event.points if event.whole is None else event.whole
    spend = SpendMade(event.points, whole, event.reason, event.allocations, False, event.points_currency)
    lots = added(account.kept, event.points_currency, "spent", event.allocations)
    return structs.replace(account, kept=lots, spends={**account.spends, event.spend_id: spend})


def spend_reversed(account: Account, event: SpendReversed) -> Account:
    """Return the account with the points back in their lots, less what repaid a debt."""
    currency = event.points_currency
    lots = added(account.kept, currency, "spent", event.allocations, -1)
    lots = added(lots, currency, "transferred", {part.origin: part.points for part in event.revived})
    lots = passed_on(lots, event.revived, currency)
    lots = added(lots, currency, "spent", event.repaid)
    lots = added(lots, currency, "lapsed", event.forfeited)
    spends = account.spends
    if event.spend_id in spends:
        spends = {**spends, event.spend_id: structs.replace(spends[event.spend_id], reversed=True)}
    debts = owing(account, currency, -sum(event.repaid.values()))
    renews = renewed(account, event.revived)
    return structs.replace(account, debts=debts, kept=lots, spends=spends, renews=renews)
