"""Spending: points that are active now, those first that expire first; and taking a spend back."""

from collections.abc import Sequence
from datetime import datetime

from services.loyalty.domain.ledger.account import Account, SpendMade
from services.loyalty.domain.ledger.allocation import allocate
from services.loyalty.domain.ledger.commands import ReverseSpend, Spend
from services.loyalty.domain.ledger.events import Event, PointsSpent, SpendReversed
from services.loyalty.domain.ledger.stating import stated
from shared.errors import Missing, Rejected
from shared.privacy.personal import same


def spend(command: Spend, account: Account) -> Sequence[Event]:
    """Spend from the lots, in spending order; never more than the balance, and nothing while in debt.

    A part of a spend that members share was measured against what they have together.
    """
    known = account.spends.get(command.spend_id)
    if known is not None:
        must_agree(command, known)
        return ()
    if command.whole is None:
        must_suffice(command, account.net(command.now))
    allocations = allocate(account.lots.values(), command.points, lambda lot: lot.active(command.now))
    event = PointsSpent(
        command.customer_id, command.spend_id, command.points, command.reason, allocations, 0, command.whole
    )
    return (stated(event, account, command.now),)


def must_agree(command: Spend, known: SpendMade) -> None:
    """Refuse a spend that is known with another number or reason."""
    asked = command.points if command.whole is None else command.whole
    if not same((known.whole, known.reason), (asked, command.reason)):
        raise Rejected("spend-differs", f"Spend {command.spend_id} is known with {known.whole} points.")


def must_suffice(command: Spend, net: int) -> None:
    """Refuse a spend of nothing, of more than there is, and any while more is owed than there is."""
    if command.points <= 0:
        raise Rejected("points-not-positive", "Spend at least one point.")
    if net < 0:
        raise Rejected("in-debt", f"The account owes {-net} points. They are repaid by the next earnings.")
    if command.points > net:
        raise Rejected(
            "balance-too-low",
            f"The balance is {net} points, and {command.points} were asked for. Spend at most the balance.",
        )


def reverse_spend(command: ReverseSpend, account: Account) -> Sequence[Event]:
    """Return the spend's points to their lots: what lapsed meanwhile is forfeited, the rest repays a debt first."""
    known = account.spends.get(command.spend_id)
    if known is None:
        raise Missing("spend-unknown", f"The account has no spend {command.spend_id}.")
    if known.reversed:
        return ()
    forfeited = {name: points for name, points in known.allocations.items() if _lapsed(account, name, command.now)}
    repaid: dict[str, int] = {}
    owed = account.debt
    for name, points in known.allocations.items():
        if owed and name not in forfeited:
            repaid[name] = min(owed, points)
            owed -= repaid[name]
    event = SpendReversed(command.customer_id, command.spend_id, known.points, known.allocations, repaid, 0, forfeited)
    return (stated(event, account, command.now),)


def _lapsed(account: Account, name: str, now: datetime) -> bool:
    return account.lots[name].has_expired(now)
