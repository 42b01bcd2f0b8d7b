"""What activity, exemptions and restored points add to an account."""

from msgspec import structs

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.events import ActivityNoted, ExpiryResumed, ExpirySuspended, PointsRestored
from services.loyalty.domain.ledger.fold.adding import added


def noted(account: Account, event: ActivityNoted) -> Account:
    """Return the account with one moment more at which its member was active."""
    return structs.replace(account, activity=(*account.activity, event.active_at))


def suspended(account: Account, event: ExpirySuspended) -> Account:
    """Return the account with an exemption that has begun."""
    return structs.replace(account, suspended=(*account.suspended, event.since))


def resumed(account: Account, event: ExpiryResumed) -> Account:
    """Return the account with its exemption ended."""
    return structs.replace(account, resumed=(*account.resumed, event.until))


def restored(account: Account, event: PointsRestored) -> Account:
    """Return the account with so many points less that the journal has under "breakage"."""
    lots = added(account.kept, event.points_currency, "lapsed", {event.lot_id: event.points}, -1)
    return structs.replace(account, kept=lots)
