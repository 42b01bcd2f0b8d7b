"""What the booking of a moment adds to a lot: so much of what time did is in the journal."""

from msgspec import structs

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.events import PointsActivated, PointsExpired
from services.loyalty.domain.ledger.fold.adding import added


def activated(account: Account, event: PointsActivated) -> Account:
    """Return the account with so many points less that the journal has under "pending"."""
    lots = added(account.kept, event.points_currency, "awaited", {event.lot_id: event.points}, -1)
    return structs.replace(account, kept=lots)


def expired(account: Account, event: PointsExpired) -> Account:
    """Return the account with so many points more that the journal has under "breakage"."""
    lots = added(account.kept, event.points_currency, "lapsed", {event.lot_id: event.points})
    return structs.replace(account, kept=lots)
