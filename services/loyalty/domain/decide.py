"""Which events obey a command: the rules of earning, spending, and taking back."""

from collections.abc import Sequence
from typing import assert_never

from services.loyalty.domain.account import LARGEST, Account, Lot, allocate, lot_id
from services.loyalty.domain.commands import Command, Earn, Enrol, ReverseEarning, ReverseSpend, Spend
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
from services.loyalty.domain.evolve import evolve
from services.loyalty.domain.rules import CURRENT, RULES
from shared.errors import Missing, Rejected
from shared.privacy.personal import same


def decide(command: Command, account: Account) -> Sequence[Event]:
    """Return the events that obey `command`; a repeat gives none, a contradiction is refused."""
    match command:
        case Enrol(customer_id):
            return () if account.enrolled else (MemberEnrolled(customer_id),)
        case Earn():
            return _earn(command, account)
        case ReverseEarning():
            return _reverse(command, account)
        case Spend():
            return _spend(command, account)
        case ReverseSpend():
            return _reverse_spend(command, account)
        case _:
            assert_never(command)


def _earn(command: Earn, account: Account) -> Sequence[Event]:
    name = lot_id(command.source, command.order_id)
    known = account.lots.get(name)
    if known is not None:
        if (known.gross, known.currency) != (command.net, command.currency):
            raise Rejected(
                "earning-differs",
                f"Order {command.order_id} of {command.source} has earned on {known.gross} {known.currency};"
                f" this one says {command.net} {command.currency}. Refund the order to correct it.",
            )
        return ()
    events: list[Event] = [] if account.enrolled else [MemberEnrolled(command.customer_id)]
    events.append(_earned(command, account, name))
    return (*events, *_settled(command, account, events))


def _earned(command: Earn, account: Account, name: str) -> PointsEarned | NothingEarned:
    points = CURRENT.points(command.net)
    rule = (CURRENT.name, CURRENT.version)
    if points == 0:
        return NothingEarned(
            command.customer_id, name, command.source, command.order_id, command.net, command.currency, *rule
        )
    if account.balance + points > LARGEST:
        raise Rejected("points-overflow", f"The account holds {account.balance} points; {points} more don't fit.")
    repaid = min(account.debt, points)
    return PointsEarned(
        command.customer_id,
        name,
        command.source,
        command.order_id,
        points,
        command.net,
        command.currency,
        *rule,
        command.earned_at,
        repaid,
        account.balance + points - repaid,
    )


def _settled(command: Earn, account: Account, events: Sequence[Event]) -> Sequence[Event]:
    """Settle the refunds that came before their order, in the order in which they came."""
    settled: list[Event] = []
    waiting = account.waiting.get(lot_id(command.source, command.order_id), ())
    for event in events if waiting else ():
        account = evolve(account, event)
    for refund_id, amount in waiting:
        refund = ReverseEarning(command.customer_id, command.source, command.order_id, refund_id, amount)
        lot = account.lots[lot_id(command.source, command.order_id)]
        if amount > lot.net:
            fact = (command.customer_id, command.source, command.order_id, refund_id, amount, lot.net)
            settled.append(RefundRefused(*fact))
        else:
            settled.append(_reversed(refund, account, lot))
            account = evolve(account, settled[-1])
    return settled


def _reverse(command: ReverseEarning, account: Account) -> Sequence[Event]:
    known = account.refunds.get(f"{command.source}:{command.refund_id}")
    if known is not None:
        if known != command.amount:
            raise Rejected("refund-differs", f"Refund {command.refund_id} is known with {known}. Use another id.")
        return ()
    lot = account.lots.get(lot_id(command.source, command.order_id))
    if lot is None:
        return (
            RefundAwaited(command.customer_id, command.source, command.order_id, command.refund_id, command.amount),
        )
    if command.amount > lot.net:
        raise Rejected(
            "refund-too-large",
            f"Of order {command.order_id}, {lot.net} {lot.currency} are left, and {command.amount} were to be"
            " refunded. Refund at most what is left.",
        )
    return (_reversed(command, account, lot),)


def _reversed(command: ReverseEarning, account: Account, lot: Lot) -> PointsReversed:
    """Take the points from the order's own lot, then from the others in spending order; the rest is owed."""
    rule = RULES[lot.rule_version]
    net_after = lot.net - command.amount
    points = rule.points(lot.net) - rule.points(net_after)
    own = min(points, lot.active)
    others = (item for name, item in account.lots.items() if name != lot.lot_id)
    allocations = {lot.lot_id: own} if own else {}
    allocations |= allocate(others, points - own)
    taken = sum(allocations.values())
    return PointsReversed(
        command.customer_id,
        lot.lot_id,
        command.source,
        command.order_id,
        command.refund_id,
        points,
        lot.net,
        net_after,
        allocations,
        points - taken,
        account.balance - taken,
    )


def _spend(command: Spend, account: Account) -> Sequence[Event]:
    known = account.spends.get(command.spend_id)
    if known is not None:
        if not same((known.points, known.reason), (command.points, command.reason)):
            raise Rejected("spend-differs", f"Spend {command.spend_id} is known with {known.points} points.")
        return ()
    if command.points <= 0:
        raise Rejected("points-not-positive", "Spend at least one point.")
    if account.debt:
        raise Rejected("in-debt", f"The account owes {account.debt} points. They are repaid by the next earnings.")
    if command.points > account.balance:
        raise Rejected(
            "balance-too-low",
            f"The balance is {account.balance} points, and {command.points} were asked for. Spend at most the balance.",
        )
    allocations = allocate(account.lots.values(), command.points)
    left = account.balance - command.points
    return (PointsSpent(command.customer_id, command.spend_id, command.points, command.reason, allocations, left),)


def _reverse_spend(command: ReverseSpend, account: Account) -> Sequence[Event]:
    known = account.spends.get(command.spend_id)
    if known is None:
        raise Missing("spend-unknown", f"The account has no spend {command.spend_id}.")
    if known.reversed:
        return ()
    owed = account.debt
    repaid: dict[str, int] = {}
    for name, points in known.allocations.items():
        if owed:
            repaid[name] = min(owed, points)
            owed -= repaid[name]
    balance = account.balance + known.points - sum(repaid.values())
    return (SpendReversed(command.customer_id, command.spend_id, known.points, known.allocations, repaid, balance),)
