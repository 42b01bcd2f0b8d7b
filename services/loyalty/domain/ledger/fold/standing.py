"""What freezing and closing add to an account."""

from msgspec import structs

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.events import AccountClosed, AccountFrozen, AccountUnfrozen, PointsForfeited
from services.loyalty.domain.ledger.fold.adding import added, owing


def frozen(account: Account, _: AccountFrozen) -> Account:
    """Return the account with everything active blocked."""
    return structs.replace(account, frozen=True)


def unfrozen(account: Account, _: AccountUnfrozen) -> Account:
    """Return the account with nothing blocked."""
    return structs.replace(account, frozen=False)


def forfeited(account: Account, event: PointsForfeited) -> Account:
    """Return the account with nothing left of a currency, and nothing owed."""
    currency = event.points_currency
    lots = added(account.kept, currency, "forfeited", event.allocations)
    lots = added(lots, currency, "awaited", event.pending, -1)
    return structs.replace(account, kept=lots, debts=owing(account, currency, -event.waived))


def closed(account: Account, _: AccountClosed) -> Account:
    """Return the account closed for good."""
    return structs.replace(account, closed=True)
