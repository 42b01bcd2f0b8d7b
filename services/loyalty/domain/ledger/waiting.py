"""Points that wait for an action (delivery, the end of the return window): they activate with it, whole or in part.

Their days and months count from the action. What it won't come for is cancelled.
Points that are withheld as well wait for a review first: until then their action changes nothing.
"""

from collections.abc import Sequence
from datetime import datetime

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.commands import Activate, CancelPending
from services.loyalty.domain.ledger.events import Event, PendingActivated, PendingCancelled
from services.loyalty.domain.ledger.lot import ALWAYS, NEVER, Lot, part_of
from services.loyalty.domain.ledger.stating import stated
from services.loyalty.domain.programme.terms import Terms
from shared.errors import Missing, Rejected


def activate(command: Activate, account: Account) -> Sequence[Event]:
    """Let points of a lot be spent, from when its action came; the same activation again changes nothing."""
    if _is_known(account, command.activation_id, command.points):
        return ()
    lot = _waiting_lot(account, command.lot_id, command.now)
    if command.acted_at < lot.earned_at:
        raise Rejected("action-too-early", f"Lot {lot.lot_id} was earned later, on {lot.earned_at.isoformat()}.")
    points = _asked(lot, command.points)
    terms = lot.terms or Terms()
    activates_at = max(terms.activates_at(command.acted_at), lot.withheld_until or ALWAYS)
    part = points < lot.left
    event = PendingActivated(
        command.customer_id,
        command.activation_id,
        lot.lot_id,
        points,
        command.acted_at,
        activates_at,
        0,
        terms.expires_at(activates_at),
        part_of(lot.lot_id, command.activation_id) if part else None,
        points if command.now < activates_at else 0,
        lot.terms,
        lot.points_currency,
    )
    return (stated(event, account, command.now),)


def cancel(command: CancelPending, account: Account) -> Sequence[Event]:
    """Take back points whose action won't come; the same cancellation again changes nothing."""
    if _is_known(account, command.cancellation_id, command.points):
        return ()
    lot = _waiting_lot(account, command.lot_id, command.now)
    points = _asked(lot, command.points)
    gone = (command.customer_id, command.cancellation_id, lot.lot_id, points, command.reason)
    return (stated(PendingCancelled(*gone, 0, lot.points_currency, lot.partner), account, command.now),)


def _is_known(account: Account, name: str, points: int | None) -> bool:
    known = account.actions.get(name)
    if known is not None and points not in (None, known):
        raise Rejected("action-differs", f"{name} is known with {known} points. Use another id.")
    return known is not None


def _waiting_lot(account: Account, name: str, now: datetime) -> Lot:
    lot = account.lots.get(name)
    if lot is None:
        raise Missing("lot-unknown", f"The account has no lot {name}.")
    if lot.activates_at != NEVER or not lot.left:
        raise Rejected("lot-not-waiting", f"Lot {name} waits for no action.")
    if lot.withheld(now):
        raise Rejected("lot-under-review", f"The points of {name} are withheld until someone has looked at them.")
    return lot


def _asked(lot: Lot, points: int | None) -> int:
    asked = lot.left if points is None else points
    if not 1 <= asked <= lot.left:
        raise Rejected("pending-too-low", f"{lot.left} points of {lot.lot_id} wait. Name at least 1, at most those.")
    return asked
