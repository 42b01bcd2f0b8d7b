"""An account's standing: while it is frozen nothing leaves it, and once it is closed nothing happens to it any more.

Time goes on while an account is frozen: points activate and lapse, holds end,
orders earn and refunds take back. At the close what is left lapses at once, and
what is owed is waived; a hold must be captured or released before.
"""

from collections.abc import Iterator, Sequence

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.commands import Close, Freeze, Unfreeze
from services.loyalty.domain.ledger.events import (
    AccountClosed,
    AccountFrozen,
    AccountUnfrozen,
    Event,
    PointsForfeited,
)
from services.loyalty.domain.ledger.stating import stated
from shared.errors import Missing, Rejected


def must_be_open(account: Account) -> None:
    """Refuse to let points out of an account that is frozen or closed."""
    if account.closed:
        raise Rejected("account-closed", "The account is closed.")
    if account.frozen:
        raise Rejected("account-frozen", "The account is frozen: nothing can be spent, held, captured or given.")


def freeze(command: Freeze, account: Account) -> Sequence[Event]:
    """Block everything that could be spent, now and later, until the account is unfrozen."""
    must_be_here(account)
    return () if account.frozen else (AccountFrozen(command.customer_id, command.reason, command.actor),)


def unfreeze(command: Unfreeze, account: Account) -> Sequence[Event]:
    """Let what is active be spent again."""
    must_be_here(account)
    return (AccountUnfrozen(command.customer_id, command.reason, command.actor),) if account.frozen else ()


def close(command: Close, account: Account) -> Sequence[Event]:
    """Close the account for good: its points lapse, its debts are waived."""
    if account.closed:
        return ()
    must_be_here(account)
    held = [name for name, hold in account.holds.items() if not hold.ended and not hold.is_over(command.now)]
    if held:
        raise Rejected("holds-open", f"Capture or release what is held first: {', '.join(held)}.")
    lost = [*_forfeited(command, account)]
    return (*lost, AccountClosed(command.customer_id, command.reason, command.actor))


def must_be_here(account: Account) -> None:
    """Refuse what only an account can be asked that there is, and that isn't closed."""
    if account.customer_id is None:
        raise Missing("member-unknown", "The customer is no member.")
    if account.closed:
        raise Rejected("account-closed", "The account is closed.")


def _forfeited(command: Close, account: Account) -> Iterator[Event]:
    now, lots = command.now, account.lots
    for currency in sorted({lot.points_currency for lot in lots.values()} | {*account.debts}):
        # What has lapsed before is booked by its own moment.
        living = [lot for lot in lots.values() if lot.points_currency == currency and not lot.has_expired(now)]
        parts = {lot.lot_id: lot.left for lot in living if lot.left}
        pending = {name: min(points, lots[name].awaited) for name, points in parts.items() if lots[name].awaited}
        waived = account.owed(currency)
        if parts or waived:
            lost = (command.customer_id, sum(parts.values()), parts, waived, 0, pending, currency)
            yield stated(PointsForfeited(*lost), account, now)
