"""A new lot: from when its points can be spent, until when, and which of them repay a debt at once."""

from datetime import datetime

from msgspec import structs

from services.loyalty.domain.ledger.account import LARGEST, Account
from services.loyalty.domain.ledger.events import PointsEarned
from services.loyalty.domain.ledger.evolve import evolve
from services.loyalty.domain.ledger.lifetime import lives_by_activity
from services.loyalty.domain.ledger.lot import NEVER
from services.loyalty.domain.programme.terms import Terms
from shared.errors import Rejected


def filled(blank: PointsEarned, account: Account, now: datetime) -> PointsEarned:
    """Return the event with what follows from its points and terms. Raises Rejected where the points don't fit."""
    points, currency, earned_at = blank.points, blank.points_currency, blank.earned_at
    must_fit(account, points, currency)
    terms = blank.terms or Terms()
    activates_at = NEVER if terms.awaits else terms.activates_at(earned_at)
    expires_at = None if terms.awaits else terms.expires_at(activates_at)
    repaid = 0 if expires_at and expires_at <= now else min(account.owed(currency), points)
    event = structs.replace(
        blank,
        debt_repaid=repaid,
        activates_at=None if activates_at in (earned_at, NEVER) else activates_at,
        expires_at=expires_at,
        pending=points - repaid if now < activates_at else 0,
        terms=None if terms == Terms() else terms,
        awaits=terms.awaits,
    )
    return structs.replace(event, balance_after=_balance_after(event, account, now))


def _balance_after(event: PointsEarned, account: Account, now: datetime) -> int:
    """Return what can be spent at `now` once it is earned: more than it adds, where an activity renews other lots."""
    if account.renews or account.suspended or lives_by_activity(event.terms) or event.lot_id in account.kept:
        return evolve(account, event).balance(now, event.points_currency)
    waits = event.awaits or now < (event.activates_at or event.earned_at)
    lapsed = event.expires_at is not None and event.expires_at <= now
    more = 0 if waits or lapsed else event.points - event.debt_repaid
    return max(0, account.net(now, event.points_currency) + event.debt_repaid + more)


def must_fit(account: Account, points: int, currency: str) -> None:
    """Refuse points with which the lots of the currency would hold more than 64 bits do."""
    held = sum(lot.left for lot in account.lots.values() if lot.points_currency == currency)
    if held + points > LARGEST:
        raise Rejected("points-overflow", f"The account holds {held} points; {points} more don't fit.")
