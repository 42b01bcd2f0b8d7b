"""Holds: points are kept for something, and then captured for it, whole or partly, or go back to their lots.

A hold lasts until before its `until`, whether a timer ran or not. While it lasts,
its points don't lapse; what would have lapsed meanwhile does so when the hold ends.
Its id is the id of the spend that a capture makes of it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from services.loyalty.domain.ledger.account import Account, HoldMade
from services.loyalty.domain.ledger.allocation import allocate
from services.loyalty.domain.ledger.commands import Capture, Hold, Release
from services.loyalty.domain.ledger.events import Event, HoldCaptured, HoldReleased, PointsHeld
from services.loyalty.domain.ledger.returning import returned
from services.loyalty.domain.ledger.spending import must_suffice
from services.loyalty.domain.ledger.standing import must_be_open
from services.loyalty.domain.ledger.stating import stated
from shared.errors import Missing, Rejected
from shared.privacy.personal import same


def hold(command: Hold, account: Account) -> Sequence[Event]:
    """Keep points of the lots, in spending order; never more than the balance, and nothing while in debt."""
    known = account.holds.get(command.hold_id)
    if known is not None:
        must_agree(command, known)
        return ()
    if command.hold_id in account.spends:
        raise Rejected("hold-differs", f"{command.hold_id} is known as a spend. Use another id.")
    if command.until is not None and command.until <= command.now:
        raise Rejected("hold-over", "A hold must last until a later time than now.")
    must_be_open(account)
    currency = command.points_currency
    command.declared.must_be_spendable(currency)
    if command.whole is None:
        must_suffice(command.points, account.net(command.now, currency))
    allocations = allocate(account.of(currency), command.points, lambda lot: lot.active(command.now))
    made = (command.customer_id, command.hold_id, command.points, command.reason, allocations)
    return (stated(PointsHeld(*made, 0, command.until, command.whole, currency), account, command.now),)


def must_agree(command: Hold, known: HoldMade) -> None:
    """Refuse a hold that is known with another number, currency or reason."""
    asked = command.points if command.whole is None else command.whole
    before = (known.whole, known.points_currency, known.reason)
    if not same(before, (asked, command.points_currency, command.reason)):
        raise Rejected("hold-differs", f"Hold {command.hold_id} is known with {known.whole} points.")


def capture(command: Capture, account: Account) -> Sequence[Event]:
    """Spend what is held, or a part of it, from the lots that it was taken from first; the rest goes back."""
    known = must_know(account, command.hold_id)
    points = known.points if command.points is None else command.points
    spend = account.spends.get(command.hold_id)
    if spend is not None:
        if (command.whole or command.points) not in (None, spend.whole):
            raise Rejected("capture-differs", f"Hold {command.hold_id} was captured with {spend.whole} points.")
        return ()
    must_last(command.hold_id, known, command.now)
    must_be_open(account)
    if not 0 <= points <= known.points or (points == 0 and command.whole is None):
        raise Rejected("capture-too-large", f"{known.points} points are held. Capture at least 1, at most those.")
    parts = _taken(known.allocations, points)
    back = {name: number - parts.get(name, 0) for name, number in known.allocations.items()}
    released = {name: number for name, number in back.items() if number}
    currency = known.points_currency
    repaid, forfeited = returned(account, released, currency, command.now)
    captured = (command.customer_id, command.hold_id, points, parts, 0, released, repaid, forfeited)
    return (stated(HoldCaptured(*captured, command.whole, currency), account, command.now),)


def _taken(allocations: Mapping[str, int], points: int) -> dict[str, int]:
    parts: dict[str, int] = {}
    for name, number in allocations.items():
        taken = min(number, points)
        if taken:
            parts[name] = taken
            points -= taken
    return parts


def release(command: Release, account: Account) -> Sequence[Event]:
    """Return what is held to its lots; a hold that was released, or whose time is over, is left alone."""
    known = must_know(account, command.hold_id)
    if command.hold_id in account.spends:
        raise Rejected("hold-captured", f"Hold {command.hold_id} was captured. Take the spend of that id back.")
    if known.ended or known.is_over(command.now):
        return ()
    repaid, forfeited = returned(account, known.allocations, known.points_currency, command.now)
    back = (command.customer_id, command.hold_id, known.points, known.allocations, 0, repaid, forfeited, None)
    return (stated(HoldReleased(*back, known.points_currency), account, command.now),)


def lapse(account: Account, customer_id: UUID, hold_id: str, known: HoldMade, now: datetime) -> HoldReleased:
    """Return the booking of a hold whose time had come.

    Its points were free since, so that only those repay a debt that are still there.
    """
    until = known.until or now
    there = {name: min(points, account.lots[name].active(now)) for name, points in known.allocations.items()}
    repaid, forfeited = returned(account, known.allocations, known.points_currency, until, there)
    back = (customer_id, hold_id, known.points, known.allocations, 0, repaid, forfeited, until)
    return stated(HoldReleased(*back, known.points_currency), account, now)


def must_know(account: Account, hold_id: str) -> HoldMade:
    """Return the hold. Raises Missing where the account has none of this id."""
    known = account.holds.get(hold_id)
    if known is None:
        raise Missing("hold-unknown", f"The account has no hold {hold_id}.")
    return known


def must_last(hold_id: str, known: HoldMade, now: datetime) -> None:
    """Refuse to capture what has gone back already."""
    if known.ended or known.is_over(now):
        raise Rejected("hold-over", f"Hold {hold_id} is over: its points went back. Place a new one.")
