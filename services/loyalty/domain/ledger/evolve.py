"""What an account is after each event. Total over any selection of events: it never raises and never judges.

Each event adds what it moved, so that a fold that leaves some events out, or takes
them in the order in which they happened, still adds up.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import assert_never

from msgspec import structs

from services.loyalty.domain.ledger.account import Account, Lot, SpendMade, Waiting, lot_id
from services.loyalty.domain.ledger.events import (
    Event,
    MemberEnrolled,
    NothingEarned,
    PointsActivated,
    PointsEarned,
    PointsExpired,
    PointsReversed,
    PointsSpent,
    RefundAwaited,
    RefundRefused,
    SpendReversed,
)

Lots = dict[str, Lot]


def evolve(account: Account, event: Event) -> Account:
    """Return the account as it is after `event`."""
    match event:
        case PointsEarned() | NothingEarned():
            return _earned(account, event)
        case MemberEnrolled(customer_id):
            return structs.replace(account, enrolled=True, customer_id=customer_id)
        case PointsSpent():
            whole = event.points if event.whole is None else event.whole
            spend = SpendMade(event.points, whole, event.reason, event.allocations)
            lots = _added(account.lots, "spent", event.allocations)
            return structs.replace(account, lots=lots, spends={**account.spends, event.spend_id: spend})
        case SpendReversed():
            return _spend_reversed(account, event)
        case PointsReversed():
            return _reversed(account, event)
        case PointsActivated():
            return structs.replace(account, lots=_added(account.lots, "awaited", {event.lot_id: event.points}, -1))
        case PointsExpired():
            return structs.replace(account, lots=_added(account.lots, "lapsed", {event.lot_id: event.points}))
        case RefundAwaited():
            return _awaited(account, event)
        case RefundRefused():
            return account
        case _:
            assert_never(event)


def _earned(account: Account, event: PointsEarned | NothingEarned) -> Account:
    known = account.lots.get(event.lot_id) or Lot(event.lot_id)
    lot = structs.replace(known, gross=event.net, currency=event.currency, rule_version=event.rule_version, points=0)
    debt = account.debt
    if isinstance(event, PointsEarned):
        debt -= event.debt_repaid
        lot = structs.replace(
            lot,
            points=event.points,
            spent=lot.spent + event.debt_repaid,
            earned_at=event.earned_at,
            activates_at=event.activates_at or event.earned_at,
            expires_at=event.expires_at,
            awaited=lot.awaited + event.pending,
        )
    waiting = account.waiting
    if event.lot_id in waiting:
        waiting = {name: refunds for name, refunds in waiting.items() if name != event.lot_id}
    return structs.replace(
        account,
        customer_id=event.customer_id,
        debt=debt,
        lots={**account.lots, event.lot_id: lot},
        waiting=waiting,
    )


def _added(lots: Mapping[str, Lot], field: str, points: Mapping[str, int], sign: int = 1) -> Lots:
    """Return the lots with `points` added to a field of each that is named; one that isn't known begins with 0."""
    changed = dict(lots)
    for name, number in points.items():
        lot = changed.get(name) or Lot(name)
        changed[name] = structs.replace(lot, **{field: getattr(lot, field) + sign * number})
    return changed


def _spend_reversed(account: Account, event: SpendReversed) -> Account:
    lots = _added(account.lots, "spent", event.allocations, -1)
    lots = _added(lots, "spent", event.repaid)
    lots = _added(lots, "lapsed", event.forfeited)
    spends = account.spends
    if event.spend_id in spends:
        spends = {**spends, event.spend_id: structs.replace(spends[event.spend_id], reversed=True)}
    return structs.replace(account, debt=account.debt - sum(event.repaid.values()), lots=lots, spends=spends)


def _reversed(account: Account, event: PointsReversed) -> Account:
    own = event.allocations.get(event.lot_id, 0)
    others = {name: points for name, points in event.allocations.items() if name != event.lot_id}
    lots = _added(_added(account.lots, "spent", others), "awaited", event.pending, -1)
    amount = event.net_before - event.net_after
    lot = lots.get(event.lot_id) or Lot(event.lot_id)
    lots[event.lot_id] = structs.replace(
        lot, refunded=lot.refunded + amount, reversed=lot.reversed + own, lapsed=lot.lapsed - event.expired
    )
    refunds: dict[str, Decimal] = {**account.refunds, f"{event.source}:{event.refund_id}": amount}
    return structs.replace(account, debt=account.debt + event.debt, lots=lots, refunds=refunds)


def _awaited(account: Account, event: RefundAwaited) -> Account:
    name = lot_id(event.source, event.order_id)
    waiting = (*account.waiting.get(name, ()), Waiting(event.refund_id, event.amount, event.refunded_at))
    refunds = {**account.refunds, f"{event.source}:{event.refund_id}": event.amount}
    return structs.replace(account, refunds=refunds, waiting={**account.waiting, name: waiting})
