"""What an account is after each event. Total: it never raises and never judges."""

from collections.abc import Mapping
from decimal import Decimal
from typing import assert_never

from msgspec import structs

from services.loyalty.domain.account import Account, Lot, SpendMade, lot_id
from services.loyalty.domain.events import (
    Event,
    MemberEnrolled,
    NothingEarned,
    PointsEarned,
    PointsReversed,
    PointsSpent,
    RefundAwaited,
    RefundRefused,
    SpendReversed,
)


def evolve(account: Account, event: Event) -> Account:
    """Return the account as it is after `event`."""
    match event:
        case PointsEarned():
            return _earned(account, event)
        case MemberEnrolled():
            return structs.replace(account, enrolled=True)
        case NothingEarned():
            lot = Lot(event.lot_id, event.net, event.net, event.currency, event.rule_version)
            return structs.replace(account, lots={**account.lots, event.lot_id: lot}, waiting=_settled(account, lot))
        case PointsSpent():
            spend = SpendMade(event.points, event.reason, event.allocations)
            return structs.replace(
                account,
                balance=event.balance_after,
                lots=_spent(account.lots, event.allocations),
                spends={**account.spends, event.spend_id: spend},
            )
        case SpendReversed():
            return _spend_reversed(account, event)
        case PointsReversed():
            return _reversed(account, event)
        case RefundAwaited():
            name = lot_id(event.source, event.order_id)
            waiting = (*account.waiting.get(name, ()), (event.refund_id, event.amount))
            refunds = {**account.refunds, f"{event.source}:{event.refund_id}": event.amount}
            return structs.replace(account, refunds=refunds, waiting={**account.waiting, name: waiting})
        case RefundRefused():
            return account
        case _:
            assert_never(event)


def _earned(account: Account, event: PointsEarned) -> Account:
    lot = Lot(
        event.lot_id,
        event.net,
        event.net,
        event.currency,
        event.rule_version,
        points=event.points,
        spent=event.debt_repaid,
        earned_at=event.earned_at,
    )
    return structs.replace(
        account,
        balance=event.balance_after,
        debt=account.debt - event.debt_repaid,
        lots={**account.lots, event.lot_id: lot},
        waiting=_settled(account, lot),
    )


def _settled(account: Account, lot: Lot) -> dict[str, tuple[tuple[str, Decimal], ...]]:
    if lot.lot_id not in account.waiting:
        return account.waiting
    return {name: refunds for name, refunds in account.waiting.items() if name != lot.lot_id}


def _spent(lots: Mapping[str, Lot], allocations: Mapping[str, int], sign: int = 1) -> dict[str, Lot]:
    changed = {name: structs.replace(lots[name], spent=lots[name].spent + sign * n) for name, n in allocations.items()}
    return {**lots, **changed}


def _spend_reversed(account: Account, event: SpendReversed) -> Account:
    spend = structs.replace(account.spends[event.spend_id], reversed=True)
    lots = _spent(_spent(account.lots, event.allocations, -1), event.repaid)
    return structs.replace(
        account,
        balance=event.balance_after,
        debt=account.debt - sum(event.repaid.values()),
        lots=lots,
        spends={**account.spends, event.spend_id: spend},
    )


def _reversed(account: Account, event: PointsReversed) -> Account:
    own = event.allocations.get(event.lot_id, 0)
    lot = account.lots[event.lot_id]
    lots = _spent(account.lots, {name: n for name, n in event.allocations.items() if name != event.lot_id})
    lots[event.lot_id] = structs.replace(lot, net=event.net_after, reversed=lot.reversed + own)
    return structs.replace(
        account,
        balance=event.balance_after,
        debt=account.debt + event.debt,
        lots=lots,
        refunds={**account.refunds, f"{event.source}:{event.refund_id}": event.net_before - event.net_after},
    )
