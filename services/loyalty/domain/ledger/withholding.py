"""Points that look suspicious are withheld: blocked, and not lost. Who has looked clears them or takes them back.

They are pending meanwhile, and neither spent nor lapse. Their days and months count from when they can be spent.
Points that wait for an action are withheld beside: once they are cleared, they wait for it still.
"""

from collections.abc import Sequence
from datetime import datetime

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.events import (
    Event,
    PendingActivated,
    PendingCancelled,
    PointsCleared,
    PointsWithheld,
)
from services.loyalty.domain.ledger.lot import REVIEW, Lot
from services.loyalty.domain.ledger.stating import stated
from services.loyalty.domain.ledger.withheld import Clear, Deny, Withhold
from services.loyalty.domain.programme.terms import Terms


def withhold(command: Withhold, account: Account) -> Sequence[Event]:
    """Withhold what is left of a lot, once. What is held, lapsed or gone stays as it is."""
    lot, now = account.lots.get(command.lot_id), command.now
    if lot is None or lot.left <= 0 or lot.reserved or lot.awaits == REVIEW or lot.has_expired(now):
        return ()
    action = lot.action(now)
    until = command.until and (command.until if action else max(command.until, lot.activates_at))
    if until is not None and until <= now:
        return ()
    ends = None if until is None or action else (lot.terms or Terms()).expires_at(until)
    event = PointsWithheld(
        command.customer_id,
        lot.lot_id,
        lot.left,
        0,
        max(0, lot.left - lot.awaited),
        until,
        ends,
        lot.points_currency,
        action,
    )
    return (stated(event, account, now),)


def clear(command: Clear, account: Account) -> Sequence[Event]:
    """Let what is left of a withheld lot be spent, as if it never had been: from now on, if its days are over.

    One that isn't withheld stays as it is.
    """
    lot, now = _withheld(account, command.lot_id, command.now), command.now
    if lot is None:
        return ()
    if lot.waits_for:
        return (PointsCleared(command.customer_id, lot.lot_id, lot.left, now, lot.points_currency),)
    terms = lot.terms or Terms()
    active = max(now, terms.activates_at(lot.earned_at))
    event = PendingActivated(
        *(command.customer_id, _review_of(lot), lot.lot_id, lot.left, now, active, 0),
        expires_at=terms.expires_at(active),
        pending=lot.left if now < active else 0,
        terms=lot.terms,
        points_currency=lot.points_currency,
    )
    return (stated(event, account, now),)


def deny(command: Deny, account: Account) -> Sequence[Event]:
    """Take back what is left of a withheld lot; what could be spent meanwhile is the member's."""
    lot = _withheld(account, command.lot_id, command.now)
    if lot is None:
        return ()
    gone = (command.customer_id, _review_of(lot), lot.lot_id, lot.left, command.reason)
    return (stated(PendingCancelled(*gone, 0, lot.points_currency, lot.partner), account, command.now),)


def _withheld(account: Account, name: str, now: datetime) -> Lot | None:
    lot = account.lots.get(name)
    return lot if lot and lot.left > 0 and lot.withheld(now) else None


def _review_of(lot: Lot) -> str:
    """Return the name of the review among the actions; no client's id can be it, as none holds a space."""
    return f"review of {lot.lot_id}"
