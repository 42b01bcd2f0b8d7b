"""Adjustments: people give or take points by hand, with a reason; large ones wait for a second person."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import structs

from services.loyalty.domain.ledger.account import Account, AdjustmentMade
from services.loyalty.domain.ledger.allocation import allocate
from services.loyalty.domain.ledger.commands import Adjust, ConfirmAdjustment, RefuseAdjustment
from services.loyalty.domain.ledger.events import AdjustmentProposed, AdjustmentRefused, Event, PointsAdjusted
from services.loyalty.domain.ledger.filling import must_fit
from services.loyalty.domain.ledger.lot import BY_HAND, part_of
from services.loyalty.domain.ledger.standing import must_be_here
from services.loyalty.domain.ledger.stating import stated
from services.loyalty.domain.programme.terms import Terms
from shared.errors import Missing, Rejected
from shared.privacy.personal import same


def adjust(command: Adjust, account: Account) -> Sequence[Event]:
    """Give (> 0) or take (< 0) points; more than one person may move alone wait for a second one."""
    known = account.adjustments.get(command.adjustment_id)
    if known is not None:
        must_agree(command, known)
        return ()
    must_be_here(account)
    command.declared.must_know(command.points_currency)
    if command.points == 0:
        raise Rejected("adjustment-of-nothing", "Give or take at least one point.")
    asked = (command.customer_id, command.adjustment_id, command.points, command.reason, command.actor)
    if command.policy.alone is not None and abs(command.points) > command.policy.alone:
        return (AdjustmentProposed(*asked, command.points_currency),)
    made = PointsAdjusted(*asked, 0, points_currency=command.points_currency)
    return (_moved(made, account, command.now, command.terms),)


def must_agree(command: Adjust, known: AdjustmentMade) -> None:
    """Refuse an adjustment that is known with another number, currency or reason."""
    before = (known.points, known.points_currency, known.reason)
    if not same(before, (command.points, command.points_currency, command.reason)):
        raise Rejected("adjustment-differs", f"Adjustment {command.adjustment_id} is known with {known.points} points.")


def confirm(command: ConfirmAdjustment, account: Account) -> Sequence[Event]:
    """Make an adjustment that waits; whoever asked for it can't confirm it."""
    known = must_know(account, command.adjustment_id)
    if known.status == "made":
        return ()
    must_wait(command.adjustment_id, known)
    if command.actor == known.actor:
        raise Rejected("second-person-needed", f"{known.actor} asked for it: somebody else must confirm it.")
    must_be_here(account)
    asked = (command.customer_id, command.adjustment_id, known.points, "", known.actor)
    made = PointsAdjusted(*asked, 0, confirmed_by=command.actor, points_currency=known.points_currency)
    terms = command.terms.get(known.points_currency, Terms())
    return (_moved(made, account, command.now, terms),)


def refuse(command: RefuseAdjustment, account: Account) -> Sequence[Event]:
    """Let an adjustment that waits be; whoever asked for it may take it back so."""
    known = must_know(account, command.adjustment_id)
    if known.status == "refused":
        return ()
    must_wait(command.adjustment_id, known)
    return (AdjustmentRefused(command.customer_id, command.adjustment_id, command.reason, command.actor),)


def must_know(account: Account, name: str) -> AdjustmentMade:
    """Return the adjustment. Raises Missing where the account has none of this id."""
    known = account.adjustments.get(name)
    if known is None:
        raise Missing("adjustment-unknown", f"The account has no adjustment {name}.")
    return known


def must_wait(name: str, known: AdjustmentMade) -> None:
    """Refuse to decide again what is decided."""
    if known.status != "proposed":
        raise Rejected("adjustment-decided", f"Adjustment {name} is {known.status} already.")


def _moved(event: PointsAdjusted, account: Account, now: datetime, terms: Terms) -> PointsAdjusted:
    made = _given(event, account, now, terms) if event.points > 0 else _taken(event, account, now)
    return stated(made, account, now)


def _given(event: PointsAdjusted, account: Account, now: datetime, terms: Terms) -> PointsAdjusted:
    must_fit(account, event.points, event.points_currency)
    return structs.replace(
        event,
        lot_id=part_of(BY_HAND, event.adjustment_id),
        adjusted_at=now,
        expires_at=terms.expires_at(now),
        debt_repaid=min(account.owed(event.points_currency), event.points),
        terms=None if terms == Terms() else terms,
    )


def _taken(event: PointsAdjusted, account: Account, now: datetime) -> PointsAdjusted:
    """Take what can be spent, then what is pending; never more than there is."""
    points, lots = -event.points, [*account.of(event.points_currency)]
    active = allocate(lots, points, lambda lot: lot.active(now))
    pending = allocate(lots, points - sum(active.values()), lambda lot: lot.pending(now))
    found = sum(active.values()) + sum(pending.values())
    if found < points:
        raise Rejected("balance-too-low", f"The account holds {found} points: take at most those.")
    awaited = {name: min(number, account.lots[name].awaited) for name, number in pending.items()}
    return structs.replace(event, allocations={**active, **pending}, pending=awaited)
