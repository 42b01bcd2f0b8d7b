"""Spending: points that are active now, those first that expire first; and taking a spend back."""

from collections.abc import Sequence

from services.loyalty.domain.ledger.account import Account, SpendMade
from services.loyalty.domain.ledger.allocation import allocate
from services.loyalty.domain.ledger.commands import ReverseSpend, Spend
from services.loyalty.domain.ledger.events import Event, PointsSpent, SpendReversed
from services.loyalty.domain.ledger.returning import returned
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
    if command.spend_id in account.holds:
        raise Rejected("spend-differs", f"{command.spend_id} is known as a hold. Use another id.")
    currency = command.points_currency
    command.declared.must_be_spendable(currency)
    if command.whole is None:
        must_suffice(command.points, account.net(command.now, currency))
    allocations = allocate(account.of(currency), command.points, lambda lot: lot.active(command.now))
    spent = (command.customer_id, command.spend_id, command.points, command.reason, allocations)
    event = PointsSpent(*spent, 0, command.whole, currency)
    return (stated(event, account, command.now),)


def must_agree(command: Spend, known: SpendMade) -> None:
    """Refuse a spend that is known with another number, currency or reason."""
    asked = command.points if command.whole is None else command.whole
    before = (known.whole, known.points_currency, known.reason)
    if not same(before, (asked, command.points_currency, command.reason)):
        raise Rejected("spend-differs", f"Spend {command.spend_id} is known with {known.whole} points.")


def must_suffice(points: int, net: int) -> None:
    """Refuse to take nothing, more than there is, and anything while more is owed than there is."""
    if points <= 0:
        raise Rejected("points-not-positive", "Ask for at least one point.")
    if net < 0:
        raise Rejected("in-debt", f"The account owes {-net} points. They are repaid by the next earnings.")
    if points > net:
        raise Rejected(
            "balance-too-low",
            f"The balance is {net} points, and {points} were asked for. Ask for at most the balance.",
        )


def reverse_spend(command: ReverseSpend, account: Account) -> Sequence[Event]:
    """Return the spend's points to their lots: what lapsed meanwhile is forfeited, the rest repays a debt first."""
    known = account.spends.get(command.spend_id)
    if known is None:
        raise Missing("spend-unknown", f"The account has no spend {command.spend_id}.")
    if known.reversed:
        return ()
    repaid, forfeited = returned(account, known.allocations, known.points_currency, command.now)
    back = (command.customer_id, command.spend_id, known.points, known.allocations, repaid)
    event = SpendReversed(*back, 0, forfeited, known.points_currency)
    return (stated(event, account, command.now),)
