"""Renewing: activity keeps points alive that live by it, and a member can be exempt from expiry."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.commands import (
    Capture,
    Command,
    Enrol,
    Hold,
    NoteActivity,
    ResumeExpiry,
    Spend,
    SuspendExpiry,
)
from services.loyalty.domain.ledger.events import ActivityNoted, Event, ExpiryResumed, ExpirySuspended, PointsRestored
from services.loyalty.domain.ledger.evolve import evolve
from services.loyalty.domain.ledger.stating import stated
from shared.errors import Rejected

ACTIVITIES = Spend | Hold | Capture
"""What a member does that counts as activity; an order does by itself, at its own time.

Refunds, spends that are taken back and what the staff does don't renew anything.
"""


def note(command: NoteActivity, account: Account) -> Sequence[Event]:
    """Note that the member was active, where points live by it; the same moment again changes nothing."""
    if not account.renews or command.active_at in account.activity:
        return ()
    return (ActivityNoted(command.customer_id, command.active_at),)


def suspend(command: SuspendExpiry, account: Account) -> Sequence[Event]:
    """Let nothing lapse from a moment on."""
    since, until = account.exemptions[-1] if account.suspended else (None, command.since)
    if since is not None and until is None:
        return ()
    if until is not None and command.since < until:
        raise Rejected("exemption-overlaps", "An earlier exemption lasted longer. Begin at its end.")
    return (ExpirySuspended(command.customer_id, command.since, command.reason),)


def resume(command: ResumeExpiry, account: Account) -> Sequence[Event]:
    """Let points lapse again."""
    if not account.suspended or account.exemptions[-1][1] is not None:
        return ()
    if command.until < account.exemptions[-1][0]:
        raise Rejected("exemption-ends-early", "An exemption can't end before it began.")
    return (ExpiryResumed(command.customer_id, command.until),)


def followed(command: Command, account: Account, events: Sequence[Event]) -> Sequence[Event]:
    """Return what follows from `events`: the activity that they are, and lots that live after all."""
    if events and (account.renews or account.suspended or isinstance(command, SuspendExpiry)):
        return [*_following(command, account, events)]
    return ()


def _following(command: Command, account: Account, events: Sequence[Event]) -> Iterator[Event]:
    after = account
    for event in events:
        after = evolve(after, event)
    if after.renews and isinstance(command, ACTIVITIES):
        activity = ActivityNoted(command.customer_id, command.now)
        after = evolve(after, activity)
        yield activity
    if not isinstance(command, Enrol):
        yield from _restored(account, after, command.now)


def _restored(before: Account, after: Account, now: datetime) -> Iterator[Event]:
    """Yield a booking for each lot that had lapsed as one knew it before; its points may not have been booked yet."""
    known = before.lots
    for lot in after.lots.values():
        if lot.lot_id in known and known[lot.lot_id].has_expired(now) and not lot.has_expired(now) and lot.left:
            assert after.customer_id is not None  # noqa: S101 - whoever has lots is known
            event = PointsRestored(after.customer_id, lot.lot_id, lot.lapsed, 0, lot.points_currency)
            yield stated(event, after, now)
