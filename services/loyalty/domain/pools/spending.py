"""Spending from a pool: over the lots of all members, those first that expire first, each member with what is theirs.

Unlike members who were merged, nobody's points cover another's debt: who owes gives nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from msgspec import Struct, structs

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.allocation import spending_order
from services.loyalty.domain.ledger.commands import Hold, Spend
from services.loyalty.domain.ledger.together import net
from shared.errors import Rejected

T = TypeVar("T", bound=Spend | Hold)


class Standing(StrEnum):
    """Whether a member's points are in the pool, or why they aren't."""

    OPEN = "open"
    FROZEN = "frozen"
    CLOSED = "closed"
    ELSEWHERE = "in-another-pool"
    """They were merged with someone who is in another pool, so that it isn't clear in which their points are."""
    FOREIGN = "in-another-programme"
    """They, or someone whom they were merged with, belong to another programme than the pool."""


class Person(Struct, frozen=True):
    """A member of a pool, and the accounts of all who are one with them, by customer."""

    member: str
    accounts: Mapping[str, Account]
    elsewhere: bool = False
    foreign: bool = False

    @property
    def standing(self) -> Standing:
        """Whether their points are in the pool."""
        if self.elsewhere:
            return Standing.ELSEWHERE
        if self.foreign:
            return Standing.FOREIGN
        if any(account.frozen for account in self.accounts.values()):
            return Standing.FROZEN
        return Standing.CLOSED if all(account.closed for account in self.accounts.values()) else Standing.OPEN

    def gives(self, now: datetime, currency: str) -> int:
        """Return what they can give at `now`: what they could spend alone."""
        return max(0, net(self.accounts, now, currency)) if self.standing is Standing.OPEN else 0


def pooled(persons: Iterable[Person], now: datetime, currency: str) -> int:
    """Return what the pool can spend: what each member can spend alone."""
    return sum(person.gives(now, currency) for person in persons)


def parts(command: T, persons: Sequence[Person]) -> Sequence[tuple[str, T]]:
    """Return what each account is to be asked, all at once, so that the pool obeys the command.

    Raises Rejected where the pool has no members or too few points, and where the currency can't be spent.
    """
    if not persons:
        raise Rejected("pool-empty", "A pool without members has nothing to spend.")
    command.declared.must_be_spendable(command.points_currency)
    available = pooled(persons, command.now, command.points_currency)
    if command.points <= 0:
        raise Rejected("points-not-positive", "Spend at least one point.")
    if command.points > available:
        raise Rejected(
            "pool-balance-too-low",
            f"The pool has {available} points, and {command.points} were asked for. Spend at most what it has.",
        )
    shares = shared(persons, command.points, command.now, command.points_currency)
    return [
        (owner, structs.replace(command, customer_id=UUID(owner), points=points, whole=command.points))
        for owner, points in shares.items()
    ]


def shared(persons: Sequence[Person], points: int, now: datetime, currency: str) -> dict[str, int]:
    """Take lot by lot over all accounts, from each person at most what they can give; return whose gave how many."""
    free = {person.member: person.gives(now, currency) for person in persons}
    lots = [
        (person.member, owner, lot)
        for person in persons
        for owner, account in person.accounts.items()
        for lot in account.of(currency)
    ]
    shares: dict[str, int] = {}
    for member, owner, lot in sorted(lots, key=lambda item: (*spending_order(item[2]), item[1])):
        taken = min(points, free[member], lot.active(now))
        if taken > 0:
            shares[owner] = shares.get(owner, 0) + taken
            free[member] -= taken
            points -= taken
    return shares
