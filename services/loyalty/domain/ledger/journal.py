"""Every movement as a balanced journal: what one account gives, the others take, and the sum is 0."""

from collections.abc import Callable, Mapping
from typing import Any

from services.loyalty.domain.ledger.events import (
    Event,
    HoldCaptured,
    HoldReleased,
    PendingActivated,
    PendingCancelled,
    PointsActivated,
    PointsAdjusted,
    PointsEarned,
    PointsExpired,
    PointsForfeited,
    PointsGiven,
    PointsHeld,
    PointsReceived,
    PointsRestored,
    PointsReversed,
    PointsSpent,
    PointsWithheld,
    SpendReversed,
)

Journal = dict[str, int]
"""Points of the event's currency by account. The values sum to 0.

member (what can be spent), pending and held are the member's; issued and
partner are who gave the points; redeemed, breakage and debt where they went.
What one account gives to another goes through transfers.
"""


def journal(event: Event) -> Journal:
    """Return the entries of one event; empty where no points move."""
    entries = _ENTRIES.get(type(event))
    return entries(event) if entries else {}


def journals(kind: type[Any]) -> bool:
    """Tell whether events of this kind move points."""
    return kind in _ENTRIES


def _earned(event: PointsEarned) -> Journal:
    repaid, pending = event.debt_repaid, event.pending
    member = event.points - repaid - pending
    return {_issuer(event): -event.points, "member": member, "pending": pending, "debt": repaid}


def _reversed(event: PointsReversed) -> Journal:
    pending, lapsed = sum(event.pending.values()), event.expired + sum(event.lapsed.values())
    taken = event.points - event.cancelled - event.waived
    member = taken - event.debt - pending - lapsed
    parts = {"member": -member, "pending": -pending, "breakage": -lapsed}
    return {**parts, "debt": -event.debt, _issuer(event): taken}


def _issuer(event: PointsEarned | PointsReversed | PendingCancelled) -> str:
    """Return whose account the points come from, and go back to: a partner's, or ours."""
    return "partner" if event.partner else "issued"


def _spent(event: PointsSpent) -> Journal:
    return {"member": -event.points, "redeemed": event.points}


def _spend_reversed(event: SpendReversed) -> Journal:
    return {"redeemed": -event.points, **_back(event.points, event.repaid, event.forfeited)}


def _held(event: PointsHeld) -> Journal:
    return {"member": -event.points, "held": event.points}


def _captured(event: HoldCaptured) -> Journal:
    back = sum(event.released.values())
    spent = {"held": -event.points - back, "redeemed": event.points}
    return {**spent, **_back(back, event.repaid, event.forfeited)}


def _released(event: HoldReleased) -> Journal:
    return {"held": -event.points, **_back(event.points, event.repaid, event.forfeited)}


def _back(points: int, repaid: Mapping[str, int], forfeited: Mapping[str, int]) -> Journal:
    """Return where points go that return to their lots: to the member, to a debt, or they lapse at once."""
    debt, breakage = sum(repaid.values()), sum(forfeited.values())
    return {"member": points - debt - breakage, "debt": debt, "breakage": breakage}


def _activated(event: PointsActivated) -> Journal:
    return {"pending": -event.points, "member": event.points}


def _expired(event: PointsExpired) -> Journal:
    return {"member": -event.points, "breakage": event.points}


def _restored(event: PointsRestored) -> Journal:
    return {"breakage": -event.points, "member": event.points}


def _pending_activated(event: PendingActivated) -> Journal:
    active = event.points - event.pending
    return {"pending": -active, "member": active}


def _pending_cancelled(event: PendingCancelled) -> Journal:
    return {"pending": -event.points, _issuer(event): event.points}


def _withheld(event: PointsWithheld) -> Journal:
    return {"member": -event.pending, "pending": event.pending}


def _given(event: PointsGiven) -> Journal:
    return {"member": -event.points, "transfers": event.points}


def _received(event: PointsReceived) -> Journal:
    return {"transfers": -event.points, **_back(event.points, event.repaid, {})}


def _adjusted(event: PointsAdjusted) -> Journal:
    pending = sum(event.pending.values())
    member = event.points - event.debt_repaid + pending
    return {"issued": -event.points, "member": member, "pending": -pending, "debt": event.debt_repaid}


def _forfeited(event: PointsForfeited) -> Journal:
    pending = sum(event.pending.values())
    lost = {"member": pending - event.points, "pending": -pending, "breakage": event.points}
    return {**lost, "debt": event.waived, "issued": -event.waived}


_ENTRIES: Mapping[type[Any], Callable[[Any], Journal]] = {
    PointsEarned: _earned,
    PointsReversed: _reversed,
    PointsSpent: _spent,
    SpendReversed: _spend_reversed,
    PointsHeld: _held,
    HoldCaptured: _captured,
    HoldReleased: _released,
    PointsActivated: _activated,
    PointsExpired: _expired,
    PointsRestored: _restored,
    PointsGiven: _given,
    PointsReceived: _received,
    PointsAdjusted: _adjusted,
    PointsForfeited: _forfeited,
    PendingActivated: _pending_activated,
    PendingCancelled: _pending_cancelled,
    PointsWithheld: _withheld,
}
