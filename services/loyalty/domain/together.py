"""Members who were merged: one balance over the lots of all, while each lot, debt and event stays its owner's.

So nothing has to be moved when they merge, and nothing to be given back when the
merge is undone. Points of one cover the debt of another as long as they are together.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import assert_never

from msgspec import structs

from services.loyalty.domain.account import Account, Lot, lot_id
from services.loyalty.domain.allocation import spending_order, take
from services.loyalty.domain.commands import Book, Command, Earn, Enrol, ReverseEarning, ReverseSpend, Spend
from services.loyalty.domain.decide import decide
from services.loyalty.domain.events import Event
from services.loyalty.domain.spending import must_agree, must_suffice, part

Accounts = Mapping[str, Account]
"""The accounts of the members, by customer; someone who never collected points has an empty one."""

Decided = Mapping[str, Sequence[Event]]
"""The events of each member's own stream."""


def net(accounts: Accounts, now: datetime) -> int:
    """What all can spend together at `now`, less what they owe together."""
    return sum(account.net(now) for account in accounts.values())


def all_lots(accounts: Accounts) -> list[tuple[str, Lot]]:
    """Return (owner, lot) of all lots with points, in spending order."""
    lots = [(owner, lot) for owner, account in accounts.items() for lot in account.lots.values() if lot.points]
    return sorted(lots, key=lambda item: (*spending_order(item[1]), item[0]))


def decide_together(command: Command, accounts: Accounts, asked: str) -> Decided:
    """Decide a command that `asked` was sent, over the accounts of all, and say whose streams it changes.

    Only spends reach over several accounts. What an order earned, and what its
    refund takes back or leaves owed, stays with whoever the order belongs to.
    Raises as `decide` does.
    """
    match command:
        case Spend():
            return _spend(command, accounts, asked)
        case ReverseSpend():
            owners = [owner for owner in accounts if command.spend_id in accounts[owner].spends] or [asked]
            return _each(command, accounts, owners)
        case Earn():
            name = lot_id(command.source, command.order_id)
            owner = _first(accounts, asked, lambda account: name in account.lots)
            return _each(command, {**accounts, owner: _with_waiting(accounts, owner, name)}, [owner])
        case ReverseEarning():
            return _each(command, accounts, [_owner(command, accounts, asked)])
        case Enrol() | Book():
            return _each(command, accounts, [asked])
        case _:
            assert_never(command)


def _spend(command: Spend, accounts: Accounts, asked: str) -> Decided:
    known = [account.spends[command.spend_id] for account in accounts.values() if command.spend_id in account.spends]
    if known:
        must_agree(command, known[0])
        return {}
    must_suffice(command, net(accounts, command.now))
    lots = (((owner, lot.lot_id), lot.active(command.now)) for owner, lot in all_lots(accounts))
    shares: dict[str, dict[str, int]] = {asked: {}} if accounts[asked].enrolled else {}
    for (owner, name), points in take(lots, command.points).items():
        shares.setdefault(owner, {})[name] = points
    # Whoever was asked keeps the spend's id, even with no point in it: a repeat stays quiet after an undo, too.
    return {owner: (part(command, accounts[owner], share),) for owner, share in shares.items()}


def _each(command: Command, accounts: Accounts, owners: Sequence[str]) -> Decided:
    decided = {owner: decide(command, accounts[owner]) for owner in owners}
    return {owner: events for owner, events in decided.items() if events}


def _owner(command: ReverseEarning, accounts: Accounts, asked: str) -> str:
    """Return where a refund belongs: to whoever it was taken from, else who has the order, else where it waits."""
    refund, name = f"{command.source}:{command.refund_id}", lot_id(command.source, command.order_id)
    waits = _first(accounts, asked, lambda account: refund in account.refunds)
    earned = _first(accounts, waits, lambda account: name in account.lots)
    return _first(accounts, earned, lambda account: name in account.lots and refund in account.refunds)


def _first(accounts: Accounts, otherwise: str, holds: Callable[[Account], bool]) -> str:
    """Return the first member whose account holds it, `otherwise` before all others and where none does."""
    return next((owner for owner in (otherwise, *accounts) if holds(accounts[owner])), otherwise)


def _with_waiting(accounts: Accounts, owner: str, name: str) -> Account:
    """Return the owner's account with the refunds of the order `name` that waited in any account."""
    waiting = dict(refund for account in accounts.values() for refund in account.waiting.get(name, ()))
    return structs.replace(accounts[owner], waiting={**accounts[owner].waiting, name: tuple(waiting.items())})
