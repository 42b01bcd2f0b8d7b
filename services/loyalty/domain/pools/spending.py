"""Spending from a pool: over the lots of all members, those first that expire first, each member with what is theirs.

Unlike members who were merged, nobody's points cover another's debt: who owes gives nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import structs

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.allocation import spending_order
from services.loyalty.domain.ledger.commands import Spend
from shared.errors import Rejected

Accounts = Mapping[str, Account]
"""The accounts of the pool's members, by customer."""


def pooled(accounts: Accounts, now: datetime, currency: str) -> int:
    """Return what the pool can spend: what each member can spend alone."""
    return sum(account.balance(now, currency) for account in accounts.values())


def parts(command: Spend, accounts: Accounts) -> Sequence[tuple[str, Spend]]:
    """Return what each member's account is to be asked, all at once, so that the pool obeys the command.

    A spend that is known goes to a member who took part, whose account says whether it is the same.
    Raises Rejected where the pool has no members or too few points.
    """
    if not accounts:
        raise Rejected("pool-empty", "A pool without members has nothing to spend.")
    known = next((owner for owner, account in accounts.items() if command.spend_id in account.spends), None)
    if known is not None:
        return [_part(command, known, accounts[known].spends[command.spend_id].points)]
    available = pooled(accounts, command.now, command.points_currency)
    if command.points <= 0:
        raise Rejected("points-not-positive", "Spend at least one point.")
    if command.points > available:
        raise Rejected(
            "pool-balance-too-low",
            f"The pool has {available} points, and {command.points} were asked for. Spend at most what it has.",
        )
    return [_part(command, owner, points) for owner, points in _shares(command, accounts).items()]


def _part(command: Spend, owner: str, points: int) -> tuple[str, Spend]:
    return owner, structs.replace(command, customer_id=UUID(owner), points=points, whole=command.points)


def _shares(command: Spend, accounts: Accounts) -> dict[str, int]:
    """Take lot by lot over all members, from each at most what they can spend alone."""
    now, currency = command.now, command.points_currency
    lots = [(owner, lot) for owner, account in accounts.items() for lot in account.of(currency)]
    free = {owner: account.balance(now, currency) for owner, account in accounts.items()}
    shares: dict[str, int] = {}
    wanted = command.points
    for owner, lot in sorted(lots, key=lambda item: (*spending_order(item[1]), item[0])):
        taken = min(wanted, free[owner], lot.active(now))
        if taken > 0:
            shares[owner] = shares.get(owner, 0) + taken
            free[owner] -= taken
            wanted -= taken
    return shares
