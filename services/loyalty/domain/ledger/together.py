"""Members who were merged: one balance over the lots of all, while each lot, debt and event stays its owner's.

So nothing has to be moved when they merge, and nothing to be given back when the
merge is undone. Points of one cover the debt of another as long as they are together.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from msgspec import structs

from services.loyalty.domain.earning.judged import key_of
from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.allocation import spending_order, take
from services.loyalty.domain.ledger.commands import (
    Activate,
    Adjust,
    Book,
    CancelPending,
    Capture,
    Close,
    Command,
    ConfirmAdjustment,
    Earn,
    Enrol,
    Freeze,
    Give,
    Hold,
    NoteActivity,
    Receive,
    RefuseAdjustment,
    Release,
    ResumeExpiry,
    ReverseEarning,
    ReverseSpend,
    Spend,
    SuspendExpiry,
    Unfreeze,
)
from services.loyalty.domain.ledger.currencies import POINTS
from services.loyalty.domain.ledger.judge import Judge
from services.loyalty.domain.ledger.judge_again import JudgeAgain
from services.loyalty.domain.ledger.lot import Lot, lot_id
from services.loyalty.domain.ledger.spending import must_suffice
from services.loyalty.domain.ledger.withheld import Clear, Deny, Withhold
from shared.errors import Rejected

E = TypeVar("E", Earn, Judge)

Accounts = Mapping[str, Account]
"""The accounts of the members, by customer; someone who never collected points has an empty one."""

Routes = Sequence[tuple[str, Command]]
"""What each member's own account is asked."""


def net(accounts: Accounts, now: datetime, currency: str = POINTS) -> int:
    """What all can spend together at `now`, less what they owe together."""
    return sum(account.net(now, currency) for account in accounts.values())


def all_lots(accounts: Accounts, currency: str | None = None) -> list[tuple[str, Lot]]:
    """Return (owner, lot) of all lots with points, of one currency or of all, in spending order."""
    lots = [
        (owner, lot)
        for owner, account in accounts.items()
        for lot in account.lots.values()
        if lot.points and currency in (None, lot.points_currency)
    ]
    return sorted(lots, key=lambda item: (*spending_order(item[1]), item[0]))


def routes(command: Command, accounts: Accounts, asked: str) -> Routes:
    """Return what each account must be asked, all at once, so that all together obey a command sent to `asked`.

    Only spends, holds, gifts and the account's standing reach over several accounts. What an order earned, and what its
    refund takes back or leaves owed, stays with whoever the order belongs to.
    Raises Rejected where all together can't.
    """
    return ROUTES[type(command)](command, accounts, asked)


def _to(owner: str, command: Command) -> tuple[str, Command]:
    return owner, command if isinstance(command, Book) else structs.replace(command, customer_id=UUID(owner))


def _spend(command: Spend, accounts: Accounts, asked: str) -> Routes:
    known = next((owner for owner, account in accounts.items() if command.spend_id in account.spends), None)
    return _shared(command, accounts, asked) if known is None else [_to(known, command)]


def _hold(command: Hold, accounts: Accounts, asked: str) -> Routes:
    known = next((owner for owner, account in accounts.items() if command.hold_id in account.holds), None)
    return _shared(command, accounts, asked) if known is None else [_to(known, command)]


def _give(command: Give, accounts: Accounts, asked: str) -> Routes:
    known = next((owner for owner, account in accounts.items() if command.transfer_id in account.gifts), None)
    if known is not None:
        return [_to(known, command)]
    if str(command.to) in accounts:
        raise Rejected("transfer-to-oneself", "Points can't be given to oneself, nor to whom one was merged with.")
    return _shared(command, accounts, asked)


def _shared(command: Spend | Hold | Give, accounts: Accounts, asked: str) -> Routes:
    """Return each owner's part of what is taken from the lots of all, in spending order."""
    currency = command.points_currency
    command.declared.must_be_spendable(currency)
    must_suffice(command.points, net(accounts, command.now, currency))
    if [*accounts] == [asked]:
        return [_to(asked, command)]
    # Whoever was asked keeps the id, even with no point in it: a repeat stays quiet after an undo, too.
    shares = {asked: 0} if accounts[asked].enrolled else {}
    lots = ((item, item[1].active(command.now)) for item in all_lots(accounts, currency))
    for (owner, _), points in take(lots, command.points):
        shares[owner] = shares.get(owner, 0) + points
    if len(shares) == 1:
        return [_to(owner, command) for owner in shares]
    return [
        _to(owner, structs.replace(command, points=points, whole=command.points)) for owner, points in shares.items()
    ]


def _reverse_spend(command: ReverseSpend, accounts: Accounts, asked: str) -> Routes:
    owners = [owner for owner in accounts if command.spend_id in accounts[owner].spends] or [asked]
    return [_to(owner, command) for owner in owners]


def _capture(command: Capture, accounts: Accounts, asked: str) -> Routes:
    """Let each owner capture of their part what is still to be captured; all of them end their hold."""
    parts = {name: holds.points for name, account in accounts.items() if (holds := account.holds.get(command.hold_id))}
    if len(parts) < 2:
        return [_to(owner, command) for owner in parts or [asked]]
    if any(command.hold_id in accounts[owner].spends for owner in parts):
        return [_to(owner, structs.replace(command, whole=command.points)) for owner in parts]
    whole = sum(parts.values()) if command.points is None else command.points
    if not 1 <= whole <= sum(parts.values()):
        raise Rejected("capture-too-large", f"{sum(parts.values())} points are held. Capture at least 1 of them.")
    given = dict(take(parts.items(), whole))
    return [_to(owner, structs.replace(command, points=given.get(owner, 0), whole=whole)) for owner in parts]


def _release(command: Release, accounts: Accounts, asked: str) -> Routes:
    owners = [owner for owner in accounts if command.hold_id in accounts[owner].holds] or [asked]
    return [_to(owner, command) for owner in owners]


def _earn(command: Earn, accounts: Accounts, asked: str) -> Routes:
    name = lot_id(command.source, command.order_id)
    owner = _first(accounts, asked, lambda account: account.has_earned(name))
    return [_to(owner, _with_waiting(command, accounts, owner, name))]


def _judge(command: Judge, accounts: Accounts, asked: str) -> Routes:
    name = key_of(command.fact)
    owner = _first(accounts, asked, lambda account: account.has_earned(name))
    return [_to(owner, _with_waiting(command, accounts, owner, name))]


def _refund(command: ReverseEarning, accounts: Accounts, asked: str) -> Routes:
    return [_to(_owner(command, accounts, asked), command)]


def _adjust(command: Adjust | ConfirmAdjustment | RefuseAdjustment, accounts: Accounts, asked: str) -> Routes:
    return [_to(_first(accounts, asked, lambda account: command.adjustment_id in account.adjustments), command)]


def _all(command: Freeze | Unfreeze | Close, accounts: Accounts, asked: str) -> Routes:
    """Ask every account that there is: merged members are frozen and closed as one."""
    owners = [owner for owner, account in accounts.items() if account.customer_id and not account.closed] or [asked]
    return [_to(owner, command) for owner in owners]


def _of_lot(command: Activate | CancelPending | Withhold | Clear | Deny, accounts: Accounts, asked: str) -> Routes:
    return [_to(_first(accounts, asked, lambda account: command.lot_id in account.lots), command)]


def _own(
    command: Enrol | JudgeAgain | Receive | NoteActivity | SuspendExpiry | ResumeExpiry | Book,
    _: Accounts,
    asked: str,
) -> Routes:
    return [_to(asked, command)]


def _owner(command: ReverseEarning, accounts: Accounts, asked: str) -> str:
    """Return where a refund belongs: to whoever it was taken from, else who has the order, else where it waits."""
    refund, name = f"{command.source}:{command.refund_id}", lot_id(command.source, command.order_id)
    waits = _first(accounts, asked, lambda account: refund in account.refunds)
    earned = _first(accounts, waits, lambda account: account.has_earned(name))
    return _first(accounts, earned, lambda account: account.has_earned(name) and refund in account.refunds)


def _first(accounts: Accounts, otherwise: str, holds: Callable[[Account], bool]) -> str:
    """Return the first member whose account holds it, `otherwise` before all others and where none does."""
    return next((owner for owner in (otherwise, *accounts) if holds(accounts[owner])), otherwise)


def _with_waiting(command: E, accounts: Accounts, owner: str, name: str) -> E:
    """Return the command with the refunds of its order that wait in other accounts than the owner's."""
    own = {refund.refund_id for refund in accounts[owner].waiting.get(name, ())}
    others = {
        refund.refund_id: refund
        for account in accounts.values()
        for refund in account.waiting.get(name, ())
        if refund.refund_id not in own
    }
    return structs.replace(command, waiting=tuple(others.values()))


ROUTES: Mapping[type[Any], Callable[[Any, Accounts, str], Routes]] = {
    Enrol: _own,
    Earn: _earn,
    Judge: _judge,
    JudgeAgain: _own,
    ReverseEarning: _refund,
    Spend: _spend,
    ReverseSpend: _reverse_spend,
    Hold: _hold,
    Capture: _capture,
    Release: _release,
    Give: _give,
    Receive: _own,
    Adjust: _adjust,
    ConfirmAdjustment: _adjust,
    RefuseAdjustment: _adjust,
    Freeze: _all,
    Unfreeze: _all,
    Close: _all,
    Activate: _of_lot,
    CancelPending: _of_lot,
    Withhold: _of_lot,
    Clear: _of_lot,
    Deny: _of_lot,
    NoteActivity: _own,
    SuspendExpiry: _own,
    ResumeExpiry: _own,
    Book: _own,
}
"""Where each kind of command goes; a test holds that none is missing."""
